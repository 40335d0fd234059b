// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a duration without a unit among inputs': {
    code: 'bad-duration',
    edits: [['prefix: database/creds/orders-mcp', 'prefix: x, grace: «5']],
    says: 'Expected `grace` to be a duration such as `250ms`, got `5`.',
  },
  'an unknown input': {
    code: 'unknown-input',
    edits: [['with: {member-of: orders_mcp_users}}  ', 'with: {member-of: orders_mcp_users, «membr: x}}  ']],
    says: 'Unknown input `membr`. There are: member-of.',
  },
  'a misspelt input': {
    code: 'unknown-input',
    edits: [['tool: query_orders', '«tol: query_orders']],
    suggestion: 'tool',
  },
  'a missing input': {
    code: 'bad-input',
    edits: [['with: {prefix: database/creds/orders-mcp}', '«with: {}']],
    says: 'Expected `prefix` in `with`, got nothing.',
  },
  'an input of the wrong type': {
    code: 'bad-input',
    edits: [['argv: [node, lab/cli.ts, stop, orders-mcp]', 'argv: «node lab/cli.ts']],
    says: 'Expected `argv` to be a list, got `node lab/cli.ts`.',
  },
  'a secret in the file itself': {
    code: 'literal-secret',
    edits: [['password: "${{ secrets.db-admin }}"', '«password: hunter2-hunter2']],
  },
};

describe('drill/rules/check-input', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
