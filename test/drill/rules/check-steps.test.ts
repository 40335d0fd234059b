import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const stopServer = 'with: {argv: [node, lab/cli.ts, stop, orders-mcp]}\n';

const endSessions =
  '{id: end-sessions, uses: postgres/end-sessions, on: shop, with: {member-of: orders_mcp_users}, rollback: {none: sessions are opened again on demand}}';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a step without a rollback': {
    code: 'missing-rollback',
    edits: [
      [endSessions, '{id: end-sessions, «uses: postgres/end-sessions, on: shop, with: {member-of: orders_mcp_users}}'],
    ],
  },
  'a rollback that names no action': {
    code: 'missing-rollback',
    edits: [
      [
        endSessions,
        '{id: end-sessions, uses: postgres/end-sessions, on: shop, with: {member-of: x}, «rollback: {restarts: [checkout]}}',
      ],
    ],
  },
  'a rollback that is nothing and something': {
    code: 'bad-rollback',
    edits: [
      [
        'rollback: {none: sessions are opened again on demand}',
        'rollback: {none: sessions, «uses: vault/issue-secret-id, on: vault, with: {role: x}}',
      ],
    ],
  },
  'a rollback with inputs for no action': {
    code: 'bad-rollback',
    edits: [['rollback: {none: sessions are opened again on demand}', 'rollback: {«with: {role: x}}']],
    says: 'Expected `uses` beside `with`, got nothing.',
  },
  'a step that does not say what its own rollback needs': {
    code: 'bad-rollback',
    edits: [[endSessions, '{id: disable-role, uses: vault/disable-role, on: vault, «with: {role: orders-mcp}}']],
    says: "Expected `reason`: the step's own rollback, `vault/enable-role`, needs it.",
  },
  'a command without a check': {
    code: 'command-without-check',
    edits: [
      ['    uses: command/run\n', '    «uses: command/run\n'],
      [
        `${stopServer}    check: {uses: mcp/call-tool, on: orders-mcp, with: {tool: query_orders, arguments: {limit: 1}}, expect: [unreachable]}\n`,
        stopServer,
      ],
    ],
  },
  'a rollback command without a check': {
    code: 'command-without-check',
    edits: [
      [
        'rollback: {none: sessions are opened again on demand}',
        'rollback: {«uses: command/run, with: {argv: [node, lab/cli.ts, x]}}',
      ],
    ],
  },
  'a step of the same name': {
    code: 'duplicate-step',
    edits: [['id: end-sessions', 'id: «revoke-tokens']],
  },
  'a restart of an unknown dependent': {
    code: 'unknown-dependent',
    edits: [['id: end-sessions,', 'id: end-sessions, restarts: [«chekout],']],
    suggestion: 'checkout',
  },
  'a restart of an access that tells no process': {
    code: 'unknown-dependent',
    edits: [['restarts: [tool]', 'restarts: [«token]']],
  },
};

describe('drill/rules/check-steps', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
