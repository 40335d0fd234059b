import {appendFile, copyFile, readFile, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {createBaoApi} from '../../../lab/openbao.ts';
import {isInScope} from '../../../src/contract/in-scope.ts';
import type {AuditReading, DeclaredIdentity} from '../../../src/contract/operation.ts';
import {auditFile} from '../../../src/drivers/vault/audit-file.ts';
import {approleScope} from '../../../src/drivers/vault/scope.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {type TestContext, windowOf} from '../../helpers/context.ts';
import {issueSecretId, startVaultLab, takeDatabaseUser, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);
const identities: readonly DeclaredIdentity[] = [
  {role: 'integration', spec: {approle: 'orders-mcp'}},
  {role: 'workload', spec: {approle: 'checkout'}},
];

/** A run's window in the audit log: what is done inside is what the source must tell of. */
describe('drivers/vault/audit-file', () => {
  let vault: VaultLab;
  let ctx: TestContext<VaultSession>;
  let input: ReturnType<typeof auditFile.input.parse>;
  let log: string;
  beforeAll(async () => {
    vault = await startVaultLab();
    log = path.join(vault.lab.data, 'openbao', 'audit.log');
  });
  afterAll(() => vault?.down());
  beforeEach(async () => {
    input = auditFile.input.parse({path: log});
    ctx = await vault.open();
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
    await auditFile.check(input, ctx);
  });

  async function window(
    inside: () => Promise<unknown> = async () => undefined,
    afterwards: () => Promise<unknown> = async () => undefined,
  ): Promise<AuditReading> {
    await ctx.connection.mark('shutdown', signal);
    await inside();
    await ctx.connection.mark('rollback', signal);
    const notes = await auditFile.note(input, identities, ctx);
    await ctx.connection.end(signal);
    await afterwards();
    return auditFile.read(input, windowOf(notes), ctx);
  }
  const changes = ({events}: AuditReading) =>
    events.filter(({effect, phase}) => phase !== 'preflight' && (effect === 'change' || effect === 'hand-out'));

  it('is complete to the last event of the run, and finds nothing where nobody did anything', async () => {
    const reading = await window();

    expect(reading.gaps).toEqual([]);
    expect(reading.completeTo).toMatch(/^\d{4}-/);
    expect(reading.entries).toBeGreaterThan(5);
    expect(changes(reading)).toEqual([]);
  });

  it('tells nothing of what was done just before the window, or just after it', async () => {
    const before = await vault.open();
    await vault.root('POST', 'auth/approle/role/orders-mcp/secret-id', {metadata: '{"at": "before"}'});
    await before.connection.begin({maxDurationMs: 60_000}, signal);
    await auditFile.check(input, before);
    ctx = before;

    const reading = await window(undefined, () => issueSecretId(vault.root, 'orders-mcp'));

    expect(reading.gaps).toEqual([]);
    expect(reading.events.filter(({effect}) => effect === 'change')).toEqual([]);
  });

  it('takes a script with the integration’s own secret-id for the integration', async () => {
    const {roleId, secretId} = await issueSecretId(vault.root, 'orders-mcp');

    const reading = await window(async () => {
      const anonymous = createBaoApi(vault.address, '');
      const {auth} = await anonymous('POST', 'auth/approle/login', {role_id: roleId, secret_id: secretId});
      await createBaoApi(vault.address, Object(auth).client_token)('GET', 'database/creds/orders-mcp');
    });

    const byIntegration = reading.events.filter(
      ({actor, phase}) => actor.kind === 'integration' && phase === 'shutdown',
    );
    expect(byIntegration.map(({effect, path: used}) => [effect, used])).toEqual([
      ['login', 'auth/approle/login'],
      ['hand-out', 'database/creds/orders-mcp'],
    ]);
  });

  it('takes a job that pushes a secret-id again for somebody', async () => {
    const {auth} = await vault.root('POST', 'auth/token/create', {display_name: 'ci', policies: ['root']});

    const reading = await window(() =>
      issueSecretId(createBaoApi(vault.address, Object(auth).client_token), 'orders-mcp'),
    );

    expect(changes(reading)).toMatchObject([{actor: {kind: 'somebody'}, displayName: 'token-ci', phase: 'shutdown'}]);
  });

  it('tells the phase in which a person changed something', async () => {
    const reading = await window(() => issueSecretId(vault.root, 'orders-mcp'));

    expect(changes(reading)).toMatchObject([
      {
        path: 'auth/approle/role/orders-mcp/secret-id',
        operation: 'update',
        actor: {kind: 'somebody'},
        phase: 'shutdown',
        displayName: 'root',
        accessor: expect.stringMatching(/^hmac-sha256:/),
      },
    ]);
  });

  it('counts a read of database/creds as a hand-out, although its operation is read', async () => {
    const reading = await window(() => takeDatabaseUser(vault.address, vault.lab.rootToken()));

    expect(changes(reading)).toMatchObject([
      {path: 'database/creds/orders-mcp', operation: 'read', effect: 'hand-out', actor: {kind: 'somebody'}},
    ]);
  });

  it('counts a wrapped answer as a hand-out', async () => {
    const headers = {'x-vault-token': vault.lab.rootToken(), 'x-vault-wrap-ttl': '60s'};

    const reading = await window(() =>
      fetch(`${vault.address}/v1/auth/approle/role/orders-mcp/role-id`, {headers}).then((answer) => answer.text()),
    );

    expect(changes(reading)).toMatchObject([{path: 'auth/approle/role/orders-mcp/role-id', effect: 'hand-out'}]);
  });

  it('counts look-ups sent as POST as no change', async () => {
    const {accessor} = await vault.logIn('checkout');

    const reading = await window(async () => {
      await vault.root('POST', 'auth/token/lookup-accessor', {accessor});
      await vault.root('POST', 'sys/capabilities-self', {paths: ['sys/policies']});
      await vault.root('POST', 'auth/approle/role/orders-mcp/secret-id-accessor/lookup', {
        secret_id_accessor: (await issueBefore()).accessor,
      });
    });

    expect(changes(reading).filter(({path: changed}) => changed.includes('lookup'))).toEqual([]);
    expect(changes(reading).filter(({path: changed}) => changed.includes('capabilities'))).toEqual([]);

    function issueBefore(): ReturnType<typeof issueSecretId> {
      return issueSecretId(vault.root, 'orders-mcp');
    }
  });

  it('tells what somebody read that may be a secret, and nothing else that was only used', async () => {
    const reading = await window(async () => {
      await vault.root('GET', 'auth/approle/role/orders-mcp/role-id');
      await vault.root('GET', 'sys/policies/acl/orders-mcp');
      await vault.root('GET', 'auth/token/lookup-self');
    });

    const reads = reading.events.filter(({effect, phase}) => effect === 'read' && phase === 'shutdown');
    expect(reads).toMatchObject([{path: 'auth/approle/role/orders-mcp/role-id', actor: {kind: 'somebody'}}]);
    expect(reading.events.filter(({effect, actor}) => effect === 'use' && actor.kind === 'somebody')).toEqual([]);
    expect(reading.knownBy).toBe("the accessor in Vault's audit log");
  });

  it('has a new role with the same policies in its scope', async () => {
    const role = {token_policies: ['orders-mcp'], token_ttl: '60s'};

    const reading = await window(() => vault.root('POST', 'auth/approle/role/stand-in', role));
    await vault.root('DELETE', 'auth/approle/role/stand-in');

    const scope = approleScope({role: 'orders-mcp', mount: 'approle'});
    expect(changes(reading)).toMatchObject([{path: 'auth/approle/role/stand-in', actor: {kind: 'somebody'}}]);
    expect(changes(reading).map(({path: changed}) => isInScope(scope, changed))).toEqual([true]);
  });

  it('knows workloads that logged in before the window, and inside it', async () => {
    const early = await vault.logIn('checkout');

    const reading = await window(async () => {
      const late = await vault.logIn('checkout');
      for (const {token} of [early, late]) await createBaoApi(vault.address, token)('GET', 'database/creds/checkout');
    });

    const byCheckout = changes(reading).filter(({path: read}) => read === 'database/creds/checkout');
    expect(byCheckout.map(({actor}) => actor)).toEqual(Array(2).fill({kind: 'workload', name: 'checkout'}));
  });

  it('knows a token of the integration that is gone when the run ends', async () => {
    const {token, accessor} = await vault.logIn('orders-mcp');
    await ctx.connection.inventory.living(signal);

    const reading = await window(async () => {
      await createBaoApi(vault.address, token)('GET', 'auth/token/lookup-self');
      await vault.root('POST', 'auth/token/revoke-accessor', {accessor});
    });

    expect(reading.events).toContainEqual(
      expect.objectContaining({
        path: 'auth/token/lookup-self',
        effect: 'use',
        actor: {kind: 'integration', name: 'orders-mcp'},
      }),
    );
  });

  it('takes forged metadata and display names for nothing', async () => {
    const forged = await vault.root('POST', 'auth/token/create', {
      display_name: 'offdrill',
      meta: {role_name: 'checkout', offdrill_run: 'run-of-test'},
      policies: ['root'],
    });
    const token = String(Object(forged.auth).client_token);

    const reading = await window(() => issueSecretId(createBaoApi(vault.address, token), 'orders-mcp'));

    expect(changes(reading)).toMatchObject([
      {path: 'auth/approle/role/orders-mcp/secret-id', actor: {kind: 'somebody'}, displayName: 'token-offdrill'},
    ]);
  });

  it('takes a mark that somebody else reads for nothing', async () => {
    const reading = await window(async () => {
      await vault.root('GET', `cubbyhole/offdrill-restored-${ctx.connection.nonce}`).catch(() => undefined);
      await issueSecretId(vault.root, 'orders-mcp');
    });

    expect(changes(reading)).toMatchObject([{phase: 'shutdown'}]);
  });

  it('holds the operator for a person, since the run has a token of its own', async () => {
    const operator = createBaoApi(vault.address, vault.operatorToken);

    const reading = await window(() => operator('POST', 'auth/approle/role/orders-mcp/secret-id'));

    expect(changes(reading)).toMatchObject([{actor: {kind: 'somebody'}, displayName: 'token-operator'}]);
  });

  it('counts the renewal of what may be another’s as a change, and of one’s own token as none', async () => {
    const {token} = await vault.logIn('orders-mcp');
    const {lease} = await takeDatabaseUser(vault.address, token);
    const stranger = Object((await vault.root('POST', 'auth/token/create', {policies: ['default']})).auth);

    const reading = await window(async () => {
      await vault.root('PUT', 'sys/leases/renew', {lease_id: lease});
      await createBaoApi(vault.address, token)('PUT', 'sys/leases/renew', {lease_id: lease});
      await createBaoApi(vault.address, stranger.client_token)('POST', 'auth/token/renew-self');
    });

    expect(changes(reading)).toMatchObject([{path: 'sys/leases/renew', actor: {kind: 'somebody'}}]);
    expect(reading.events).toContainEqual(
      expect.objectContaining({
        path: 'sys/leases/renew',
        effect: 'renewal',
        actor: {kind: 'integration', name: 'orders-mcp'},
      }),
    );
  });

  it('takes a token role or an AppRole named login for no login', async () => {
    await vault.root('POST', 'auth/token/roles/login', {allowed_policies: ['default']});
    await vault.root('POST', 'auth/approle/role/login', {token_policies: ['default']});

    const reading = await window(async () => {
      await vault.root('POST', 'auth/token/create/login', {policies: ['default']});
      await vault.root('POST', 'auth/approle/role/login/secret-id');
    });

    expect(changes(reading).map(({path: changed, effect}) => [changed, effect])).toEqual([
      ['auth/token/create/login', 'change'],
      ['auth/approle/role/login/secret-id', 'change'],
    ]);
  });

  it('counts a refused request as refused, with its accessor', async () => {
    const {token} = await vault.logIn('checkout');

    const reading = await window(() =>
      createBaoApi(vault.address, token)('PUT', 'sys/policies/acl/orders-mcp', {policy: ''}).catch(() => undefined),
    );

    expect(changes(reading)).toEqual([]);
    expect(reading.events).toContainEqual(
      expect.objectContaining({path: 'sys/policies/acl/orders-mcp', effect: 'refused'}),
    );
  });

  it('counts a change that was let in and failed as a change', async () => {
    const destroy = 'auth/approle/role/orders-mcp/secret-id-accessor/destroy';

    const reading = await window(() =>
      vault.root('POST', destroy, {secret_id_accessor: 'no-such-accessor'}).catch(() => undefined),
    );

    expect(changes(reading)).toMatchObject([{path: destroy, effect: 'change'}]);
  });

  it('finds its record incomplete once a batch token of the integration was used', async () => {
    await vault.root('POST', 'auth/approle/role/orders-mcp', {token_type: 'batch', token_policies: ['orders-mcp']});
    const {token} = await vault.logIn('orders-mcp');
    await vault.root('POST', 'auth/approle/role/orders-mcp', {token_type: 'service', token_policies: ['orders-mcp']});

    const reading = await window(() => createBaoApi(vault.address, token)('GET', 'database/creds/orders-mcp'));

    expect(reading.gaps).toEqual(['a batch token of orders-mcp was used, and nothing tells by whom']);
    expect(changes(reading)).toMatchObject([{path: 'database/creds/orders-mcp', actor: {kind: 'integration'}}]);
  });

  it('is not complete when the file was cut', async () => {
    const kept = await readFile(log);

    const reading = await window(undefined, () => truncate(log, 0));
    await writeFile(log, kept);

    expect(reading.completeTo).toBeUndefined();
    expect(reading.gaps).toContain('the log was cut during the run');
  });

  it('is not complete when the file was cut and has grown past its place again', async () => {
    const kept = await readFile(log);

    const reading = await window(undefined, async () => {
      await truncate(log, 0);
      await appendFile(log, `${'{}\n'.repeat(Math.ceil(kept.length / 3))}{}\n`);
    });
    await writeFile(log, kept);

    expect(reading.completeTo).toBeUndefined();
    expect(reading.gaps).toContain('the log was cut during the run');
  });

  it('is not complete when lines are missing in between', async () => {
    const kept = await readFile(log, 'utf8');

    const reading = await window(undefined, async () => {
      const text = await readFile(log, 'utf8');
      const lines = text.split('\n').filter((line) => !line.includes('offdrill-rollback'));
      await copyFile(log, `${log}.whole`);
      await truncate(log, 0);
      await appendFile(log, lines.join('\n'));
    });
    await writeFile(log, kept);

    expect(reading.gaps).toContain("the run's mark of rollback was not seen");
  });

  it('is not complete when the file was moved away and back within a phase', async () => {
    const reading = await window(async () => {
      const whole = await readFile(log, 'utf8');
      await issueSecretId(vault.root, 'orders-mcp');
      await ctx.connection.control(signal);
      await writeFile(log, whole);
    });

    expect(reading.gaps).toEqual(["1 answers to the run's own calls are missing"]);
  });

  it('is not complete while a request has no answer, as after a seal', async () => {
    const asked = {
      time: '2026-01-01T00:00:00Z',
      type: 'request',
      request: {id: 'open', operation: 'update', path: 'sys/seal'},
    };

    const reading = await window(() => appendFile(log, `${JSON.stringify(asked)}\n`));

    expect(reading.gaps).toEqual(['a request to sys/seal has no answer']);
  });

  it('is not complete when a line can not be read', async () => {
    const reading = await window(() => appendFile(log, '{"time":\n'));

    expect(reading.gaps).toEqual(['a line could not be read']);
  });

  it('refuses a file that does not grow with the calls of the run', async () => {
    const other = path.join(vault.lab.data, 'openbao', 'other.log');
    await writeFile(other, await readFile(log));
    const later = await vault.open();
    await later.connection.begin({maxDurationMs: 60_000}, signal);

    const checking = auditFile.check(auditFile.input.parse({path: other}), later);

    await expect(checking).rejects.toMatchObject({
      detail: 'audit-not-growing',
      message: expect.stringContaining(other),
    });
  });
});
