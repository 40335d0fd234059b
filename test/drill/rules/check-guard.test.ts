// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'an unknown key of a guard line': {
    code: 'unknown-key',
    edits: [['shop", cluster:', 'shop", «clusterr:']],
    suggestion: 'cluster',
  },
  'a guard that does not say who must answer': {
    code: 'guard-identity',
    edits: [['{vault: "${{ vars.vault }}", cluster: offdrill-lab}', '{«vault: "${{ vars.vault }}"}']],
  },
  'a guard that asks a mute server who it is': {
    code: 'guard-identity',
    edits: [['{http: "${{ vars.checkout }}"}', '{http: "${{ vars.checkout }}", «cluster: lab}']],
  },
  'a guard of an unknown system': {
    code: 'unknown-guard-kind',
    edits: [['{mcp: "${{ vars.orders-mcp }}"}', '{«mpc: "${{ vars.orders-mcp }}"}']],
    suggestion: 'mcp',
  },
  'a guard of two systems in a line': {
    code: 'unknown-guard-kind',
    edits: [['{mcp: "${{ vars.orders-mcp }}"}', '{mcp: "${{ vars.orders-mcp }}", «http: "http://localhost"}']],
  },
  'a guard that allows any program': {
    code: 'bare-program',
    edits: [['command: [node, lab/cli.ts]', 'command: «[node]']],
  },
  'a guard that allows a program by its name': {
    code: 'bare-program',
    edits: [['command: [node, lab/cli.ts]', 'command: «node']],
  },
  'a guarded address in another form': {
    code: 'bad-input',
    edits: [['"${{ vars.postgres }}/shop", cluster', '«shop, cluster']],
    says: 'Expected `postgres` to be `host:port/database`',
  },
};

describe('drill/rules/check-guard', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
