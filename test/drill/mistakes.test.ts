import {describe, expect, it} from 'vitest';
import {type Edit, edit, loadText, problemsOf} from './load-flagship.ts';

type Mistake = {
  readonly code: string;
  readonly edits: readonly Edit[];
  readonly says?: string;
  readonly suggestion?: string;
};

const secretId = '"${{ secrets.secret-id }}"}}\n  db-user';
const stopServer = 'with: {argv: [node, lab/cli.ts, stop, orders-mcp]}\n';
const endSessions =
  '{id: end-sessions, uses: postgres/end-sessions, on: shop, with: {member-of: orders_mcp_users}, rollback: {none: sessions are opened again on demand}}';

const mistakes: Readonly<Record<string, Mistake>> = {
  'an unknown key at the root': {
    code: 'unknown-key',
    edits: [['settle: 5s', '«setle: 5s']],
    says: 'Unknown key `setle`.',
    suggestion: 'settle',
  },
  'an unknown key in place of a required one': {
    code: 'unknown-key',
    edits: [['title:', '«titel:']],
    suggestion: 'title',
  },
  'an unknown key of an access': {
    code: 'unknown-key',
    edits: [['denied-within: 20s', '«denied-withn: 20s']],
    suggestion: 'denied-within',
  },
  'an unknown key of a guard line': {
    code: 'unknown-key',
    edits: [['shop", cluster:', 'shop", «clusterr:']],
    suggestion: 'cluster',
  },
  'a missing owner': {
    code: 'missing-key',
    edits: [
      ['integration:\n', '«integration:\n'],
      ['  owner: payments-platform@example.com', ''],
    ],
    says: 'Expected `owner` in `integration`, got nothing.',
  },
  'an owner that is nobody': {code: 'bad-value', edits: [['owner: payments-platform@example.com', 'owner: «""']]},
  'a version that is not known': {
    code: 'bad-value',
    edits: [['version: 1', 'version: «2']],
    says: 'Expected `version` to be `1`, got `2`.',
  },
  'a name that is none': {code: 'bad-name', edits: [['checkout:  {', '«Checkout:  {']]},
  'a session of no kind': {
    code: 'bad-value',
    edits: [['session: held', 'session: «hold']],
    says: 'Expected `session` to be `new` or `held`, got `hold`.',
    suggestion: 'held',
  },
  'an expectation that is no state': {
    code: 'bad-value',
    edits: [['expect: [denied, unreachable]', 'expect: [«denid, unreachable]']],
    says: 'Expected `expect[0]` to be `denied` or `unreachable`, got `denid`.',
    suggestion: 'denied',
  },
  'a bare number for a duration': {
    code: 'bad-duration',
    edits: [['every: 250ms', 'every: «250']],
    says: 'Expected `every` to be a duration such as `250ms`, got `250`.',
  },
  'a duration in words': {
    code: 'bad-duration',
    edits: [['settle: 5s', 'settle: «five seconds']],
    says: 'Expected `settle` to be a duration such as `250ms`, got `five seconds`.',
  },
  'a duration that a timer can not hold': {code: 'bad-duration', edits: [['settle: 5s', 'settle: «40d']]},
  'an interval of nothing': {code: 'bad-duration', edits: [['every: 250ms', 'every: «0s']]},
  'a duration without a unit among inputs': {
    code: 'bad-duration',
    edits: [['prefix: database/creds/orders-mcp', 'prefix: x, grace: «5']],
    says: 'Expected `grace` to be a duration such as `250ms`, got `5`.',
  },
  'an availability without a percent sign': {
    code: 'bad-value',
    edits: [['availability: 100%', 'availability: «99.5']],
    says: 'Expected `availability` to be text, got `99.5`.',
  },
  'a duplicate key': {
    code: 'duplicate-key',
    edits: [['settle: 5s', 'settle: 5s\n«settle: 6s']],
    says: 'Expected `settle` once, got it again.',
  },
  'a driver that does not exist': {
    code: 'unknown-driver',
    edits: [['uses: vault/audit-file', 'uses: «vualt/audit-file']],
    suggestion: 'vault/audit-file',
  },
  'a connection of an unknown driver': {
    code: 'unknown-driver',
    edits: [['orders-mcp: {driver: mcp,', 'orders-mcp: {driver: «mpc,']],
    suggestion: 'mcp',
  },
  'an operation that does not exist': {
    code: 'unknown-operation',
    edits: [['uses: vault/revoke-leases', 'uses: «vault/revoke-lease']],
    says: 'No operation `vault/revoke-lease`. The vault driver has these actions: destroy-secret-ids, issue-secret-id, revoke-leases, revoke-tokens.',
    suggestion: 'vault/revoke-leases',
  },
  'an operation of another kind': {
    code: 'unknown-operation',
    edits: [['uses: vault/revoke-leases', 'uses: «vault/token']],
    says: 'Expected an action, got `vault/token`, which is a probe.',
  },
  'an operation that is a property of every object': {
    code: 'unknown-operation',
    edits: [['uses: vault/revoke-leases', 'uses: «vault/constructor']],
  },
  'an operation without a driver': {code: 'bad-value', edits: [['uses: vault/revoke-leases', 'uses: «revoke-leases']]},
  'an unknown connection': {
    code: 'unknown-connection',
    edits: [['uses: vault/revoke-leases, on: vault', 'uses: vault/revoke-leases, on: «vaultt']],
    suggestion: 'vault',
  },
  'a connection of another driver': {
    code: 'wrong-connection',
    edits: [['uses: vault/revoke-leases, on: vault', 'uses: vault/revoke-leases, on: «shop']],
    suggestion: 'vault',
  },
  'a connection where none belongs': {
    code: 'wrong-connection',
    edits: [['checkout:  {uses: http/get,', 'checkout:  {uses: http/get, «on: vault,']],
  },
  'a missing connection': {
    code: 'missing-connection',
    edits: [['uses: vault/holdings-alive, on: vault', '«uses: vault/holdings-alive']],
    suggestion: 'on: vault',
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
  'an unknown input of a connection': {
    code: 'unknown-input',
    edits: [['database: shop, user', 'database: shop, «tsl: require, user']],
    suggestion: 'tls',
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
  'a malformed reference': {
    code: 'bad-reference',
    edits: [['"${{ vars.checkout }}/orders"', '"«${{ vars.checkout }/orders"']],
  },
  'a capture of several fields inside other text': {
    code: 'bad-reference',
    edits: [['sql: select 1}, denied', 'sql: "select «${{ capture.backends }}"}, denied']],
  },
  'a reference to nothing that exists': {
    code: 'unknown-reference',
    edits: [['password: "${{ secrets.db-admin }}"', 'password: "«${{ secret.db-admin }}"']],
    says: 'No references to `secret`.',
    suggestion: 'secrets',
  },
  'a reference to an unknown secret': {
    code: 'unknown-reference',
    edits: [['password: "${{ secrets.db-admin }}"', 'password: "«${{ secrets.db-admn }}"']],
    suggestion: 'secrets.db-admin',
  },
  'a reference to an unknown capture': {
    code: 'unknown-reference',
    edits: [['with: {token: "${{ capture.token.token }}"}', 'with: {token: "«${{ capture.tokn.token }}"}']],
    suggestion: 'capture.token.token',
  },
  'a reference to an unknown field of a capture': {
    code: 'unknown-reference',
    edits: [['with: {token: "${{ capture.token.token }}"}', 'with: {token: "«${{ capture.token.tokn }}"}']],
    says: 'It has: `token` and `accessor`.',
    suggestion: 'capture.token.token',
  },
  'a reference to a step': {
    code: 'unknown-reference',
    edits: [['prefix: database/creds/orders-mcp', 'prefix: "«${{ steps.stop-server.x }}"']],
    says: 'no step hands out values',
  },
  'a secret in a title': {
    code: 'tainted-reference',
    edits: [['title: The', 'title: «${{ secrets.db-admin }} The']],
  },
  'a secret field of a capture in a reason': {
    code: 'tainted-reference',
    edits: [['none: sessions are opened again on demand', 'none: "«${{ capture.token.token }} sessions"']],
  },
  'a variable where it is not read': {
    code: 'misplaced-reference',
    edits: [['environment: staging', 'environment: «${{ vars.environment }}']],
  },
  'a capture in a connection': {
    code: 'misplaced-reference',
    edits: [['user: offdrill', 'user: "«${{ capture.db-user.username }}"']],
  },
  'an identity from the environment': {
    code: 'identity-from-env',
    edits: [['{vault: "${{ vars.vault }}", cluster: offdrill-lab}', '{vault: "${{ vars.vault }}", cluster: "«${{ env.CLUSTER }}"}']],
  },
  'a guarded address from the environment': {
    code: 'identity-from-env',
    edits: [['{http: "${{ vars.checkout }}"}', '{http: "«${{ env.CHECKOUT }}"}']],
  },
  'an integration named by the environment': {
    code: 'identity-from-env',
    edits: [['identities: [{vault: {approle: orders-mcp}}]', 'identities: [{vault: {approle: "«${{ env.ROLE }}"}}]']],
  },
  'an identity from a variable': {
    code: 'guard-identity',
    edits: [['{vault: "${{ vars.vault }}", cluster: offdrill-lab}', '{vault: "${{ vars.vault }}", cluster: "«${{ vars.cluster }}"}']],
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
  'a guard that allows any program': {code: 'bare-program', edits: [['command: [node, lab/cli.ts]', 'command: «[node]']]},
  'a guard that allows a program by its name': {
    code: 'bare-program',
    edits: [['command: [node, lab/cli.ts]', 'command: «node']],
  },
  'a guarded address in another form': {
    code: 'bad-input',
    edits: [['"${{ vars.postgres }}/shop", cluster', '«shop, cluster']],
    says: 'Expected `postgres` to be `host:port/database`',
  },
  'an identity of an unknown system': {
    code: 'unknown-identity',
    edits: [['- {vault: {approle: checkout}}', '- {«valt: {approle: checkout}}']],
    suggestion: 'vault',
  },
  'an identity of a system that knows none': {
    code: 'unknown-identity',
    edits: [['- {vault: {approle: checkout}}', '- {«http: {approle: checkout}}']],
  },
  'an identity in another form': {
    code: 'unknown-input',
    edits: [['- {vault: {approle: checkout}}', '- {vault: {«aprole: checkout}}']],
    suggestion: 'approle',
  },
  production: {code: 'production', edits: [['environment: staging', 'environment: «Production']]},
  'a short name for production': {code: 'production', edits: [['environment: staging', 'environment: «PROD']]},
  'captures in a circle': {
    code: 'reference-cycle',
    edits: [
      ['  token:    {', '  «token:    {'],
      [secretId, '"${{ capture.db-user.password }}"}}\n  db-user'],
    ],
    says: '`token` → `db-user` → `token`',
  },
  'a capture that no access uses': {
    code: 'unused-capture',
    edits: [
      ['  holdings: {uses: vault/holdings, on', '  «holdings: {uses: vault/holdings, on'],
      ['  holdings:        {uses: vault/holdings-alive, on: vault, with: {holdings: "${{ capture.holdings }}"}, denied-within: 15s}\n', ''],
    ],
  },
  'a step without a rollback': {
    code: 'missing-rollback',
    edits: [[endSessions, '{id: end-sessions, «uses: postgres/end-sessions, on: shop, with: {member-of: orders_mcp_users}}']],
  },
  'a rollback that names no action': {
    code: 'missing-rollback',
    edits: [[endSessions, '{id: end-sessions, uses: postgres/end-sessions, on: shop, with: {member-of: x}, «rollback: {restarts: [checkout]}}']],
  },
  'a rollback that is nothing and something': {
    code: 'bad-rollback',
    edits: [['rollback: {none: sessions are opened again on demand}', 'rollback: {none: sessions, «uses: vault/issue-secret-id, on: vault, with: {role: x}}']],
  },
  'a rollback with inputs for no action': {
    code: 'bad-rollback',
    edits: [['rollback: {none: sessions are opened again on demand}', 'rollback: {«with: {role: x}}']],
    says: 'Expected `uses` beside `with`, got nothing.',
  },
  'a command without a check': {
    code: 'command-without-check',
    edits: [
      ['    uses: command/run\n', '    «uses: command/run\n'],
      [`${stopServer}    check: {uses: mcp/call-tool, on: orders-mcp, with: {tool: query_orders, arguments: {limit: 1}}, expect: [unreachable]}\n`, stopServer],
    ],
  },
  'a rollback command without a check': {
    code: 'command-without-check',
    edits: [
      ['rollback: {none: sessions are opened again on demand}', 'rollback: {«uses: command/run, with: {argv: [node, lab/cli.ts, x]}}'],
    ],
  },
  'a step of the same name': {
    code: 'duplicate-step',
    edits: [['id: end-sessions', 'id: «revoke-tokens']],
  },
  'an access counted from an unknown step': {
    code: 'unknown-step',
    edits: [['denied-within: 20s}', 'denied-within: 20s, after: «revoke-token}']],
    suggestion: 'revoke-tokens',
  },
  'a restart of an unknown dependent': {
    code: 'unknown-dependent',
    edits: [['id: end-sessions,', 'id: end-sessions, restarts: [«chekout],']],
    suggestion: 'checkout',
  },
  'a credential that is expected to be unreachable': {
    code: 'unreachable-credential',
    edits: [['"${{ capture.token.token }}"}, denied-within', '"${{ capture.token.token }}"}, expect: [denied, «unreachable], denied-within']],
  },
  'a held session of a probe that holds none': {
    code: 'not-holdable',
    edits: [['login-again:     {uses: vault/approle-login,', 'login-again:     {uses: vault/approle-login, session: «held,']],
  },
  'an instance that the probe can not see': {
    code: 'no-instance',
    edits: [['uses: http/get, with: {url: "${{ vars.checkout }}/orders", status: [200]}, every: 250ms, availability: 100%, instance', 'uses: http/ping, with: {url: "${{ vars.checkout }}/orders"}, every: 250ms, availability: 100%, «instance']],
  },
  'an instance in another form': {
    code: 'bad-input',
    edits: [['instance: json.startedAt', 'instance: «startedAt']],
  },
  'a changed connection that nobody records': {
    code: 'missing-audit',
    edits: [
      ['end-sessions, uses:', 'end-sessions, «uses:'],
      ['  shop: {blind: this PostgreSQL keeps no statement log}\n', ''],
    ],
    says: 'what happens to `shop`',
  },
  'a command that nobody records': {
    code: 'missing-audit',
    edits: [
      ['    uses: command/run\n', '    «uses: command/run\n'],
      ['  command: {blind: who starts processes on this host is not recorded}\n', ''],
    ],
  },
  'a record of an unknown system': {
    code: 'unknown-audit',
    edits: [['  command: {blind', '  «shopp: {blind: x}\n  command: {blind']],
    suggestion: 'shop',
  },
  'a record that is blind and is read': {
    code: 'bad-audit',
    edits: [['vault: {uses: vault/audit-file, on: vault, with: {path: .lab/openbao/audit.log}}', 'vault: {blind: x, «on: vault}']],
  },
  'a record that is neither blind nor read': {
    code: 'bad-audit',
    edits: [['  shop: {blind: this PostgreSQL keeps no statement log}', '  «shop: {}']],
  },
  'a secret from two places': {
    code: 'bad-secret',
    edits: [['  db-admin: {env: OFFDRILL_DB_ADMIN_PASSWORD}', '  «db-admin: {env: OFFDRILL_DB_ADMIN_PASSWORD, file: x}']],
  },
  'a secret from nowhere': {
    code: 'bad-secret',
    edits: [['  db-admin: {env: OFFDRILL_DB_ADMIN_PASSWORD}', '  «db-admin: {}']],
  },
  'a secret in the file itself': {
    code: 'literal-secret',
    edits: [['password: "${{ secrets.db-admin }}"', '«password: hunter2-hunter2']],
  },
};

describe('drill/load-drill: one mistake', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, {code, edits, says, suggestion}) => {
    const {text, line, column} = edit(...edits);

    const problems = problemsOf(await loadText(text));

    expect(problems).toEqual([expect.objectContaining({severity: 'error', file: 'drill.yaml', code, line, column})]);
    expect(problems[0]?.suggestion).toBe(suggestion);
    expect(problems[0]?.message).toContain(says ?? '');
    expect(problems[0]?.message).not.toContain('hunter2');
  });
});
