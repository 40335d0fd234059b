// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {describe, expect, it} from 'vitest';
import type * as z from 'zod';
import {checkInput} from '../../../src/drill/rules/check-input.ts';
import {listTools} from '../../../src/drivers/mcp/list-tools.ts';
import {endSessions} from '../../../src/drivers/postgres/end-sessions.ts';
import {revokeLeases} from '../../../src/drivers/vault/revoke-leases.ts';
import {waitForExpiry} from '../../../src/drivers/vault/wait-for-expiry.ts';
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

  it.each<[string, z.ZodType, unknown, string]>([
    [
      'two ways to say which leases',
      revokeLeases.input,
      {prefix: 'database/creds/x', leases: '${{ capture.holdings.leases }}'},
      'Expected exactly one of `prefix` and `leases`.',
    ],
    [
      'two things to wait for',
      waitForExpiry.input,
      {holdings: '${{ capture.holdings }}', token: '${{ capture.token.token }}', 'at-most': '10s'},
      'Expected exactly one of `token`, `approle`, `prefix`, `holdings` and `leases`.',
    ],
    ['nobody whose sessions end', endSessions.input, {}, 'Expected `member-of`, `sessions` or both.'],
    [
      'a list of tools without a token',
      listTools.input,
      {'tool-list': '${{ capture.tools }}'},
      'Expected a `token` beside `tool-list`: a list is the same again after rollback, and only its token tells one generation from the next.',
    ],
  ])('knows %s while references have no values', (_what, schema, value, message) => {
    expect(complaints(schema, value)).toEqual([message]);
  });

  it.each<[string, z.ZodType, unknown]>([
    ['leases', revokeLeases.input, {leases: '${{ capture.holdings.leases }}'}],
    ['holdings', waitForExpiry.input, {holdings: '${{ capture.holdings }}', 'at-most': '10s'}],
    ['sessions', endSessions.input, {sessions: '${{ capture.backends }}'}],
    ['tools', listTools.input, {token: '${{ capture.token.token }}', 'tool-list': '${{ capture.tools }}'}],
  ])('takes a reference for %s', (_what, schema, value) => {
    expect(complaints(schema, value)).toEqual([]);
  });
});

function complaints(schema: z.ZodType, value: unknown): readonly string[] {
  const said: string[] = [];
  checkInput({schema, value, path: ['with'], report: ({message}) => void said.push(message)});
  return said;
}
