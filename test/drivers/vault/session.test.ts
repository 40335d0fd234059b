import {readFile} from 'node:fs/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {listLockedUsers} from '../../../src/drivers/vault/locked-users.ts';
import {startForgetfulProxy} from './forgetful-proxy.ts';
import {lockOut, unlockAll} from './staging.ts';
import {startVaultLab, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(60_000);
const limits = {maxDurationMs: 60_000};

describe('drivers/vault/session', () => {
  let vault: VaultLab;
  beforeAll(async () => {
    vault = await startVaultLab();
  });
  afterAll(() => vault?.down());

  it('says which cluster it is', async () => {
    const {connection} = await vault.open();

    expect(await connection.identify(signal)).toMatchObject({cluster: 'offdrill-lab', version: expect.any(String)});
    expect(Math.abs(((await connection.serverTime(signal)) ?? 0) - Date.now())).toBeLessThan(2000);
  });

  it('has a control while its token lives', async () => {
    const {connection} = await vault.open();

    expect(await connection.control(signal)).toBe(true);
    expect(await (await vault.open({token: 'no-such-token'})).connection.control(signal)).toBe(false);
  });

  it('names each path and capability that its token lacks', async () => {
    const {connection} = await vault.open();
    const held = {path: 'auth/approle/role/orders-mcp/role-id', capabilities: ['read']};
    const lacking = {path: 'auth/approle/role/checkout/role-id', capabilities: ['read']};

    expect(await connection.missing([held, lacking, {...held, capabilities: ['read', 'delete']}], signal)).toEqual([
      lacking,
      {...held, capabilities: ['delete']},
    ]);
  });

  it('asks for the capabilities of a list with its slash, since they are taken literally', async () => {
    const {connection} = await vault.open();

    expect(await connection.missing([{path: 'auth/token/accessors/', capabilities: ['list', 'sudo']}], signal)).toEqual(
      [],
    );
    expect(await connection.missing([{path: 'auth/token/accessors', capabilities: ['list']}], signal)).toHaveLength(1);
  });

  it('mints a run token that is a child of the operator, and works with it alone', async () => {
    const {connection, owned, known} = await vault.open();

    const facts = await connection.begin(limits, signal);

    expect(owned).toContain(`token ${facts.accessor}`);
    expect([...known.values()]).toContain('run-token');
    expect(JSON.stringify(facts)).not.toContain([...known.keys()][0]);
    const {data} = await vault.root('POST', 'auth/token/lookup-accessor', {accessor: facts.accessor});
    expect(data).toMatchObject({
      display_name: 'token-offdrill',
      policies: ['default', 'operator'],
      orphan: false,
      renewable: false,
      meta: {offdrill_run: 'run-of-test'},
    });
    await vault.root('POST', 'auth/token/revoke-accessor', {accessor: facts.accessor});
    expect(await connection.control(signal)).toBe(false);
  });

  it('ends a run token of which nobody was told, or says how to find it', async () => {
    const proxy = await startForgetfulProxy(vault.address, ({url}) => url.endsWith('auth/token/create'));
    const run = 'run-of-the-unanswered';
    const of = async (): Promise<readonly unknown[]> => {
      const {data} = await vault.root('LIST', 'auth/token/accessors');
      const accessors: readonly string[] = Object(data).keys;
      const tokens = await Promise.all(
        accessors.map((accessor) =>
          vault.root('POST', 'auth/token/lookup-accessor', {accessor}).catch(() => undefined),
        ),
      );
      return tokens.filter((token) => Object(token?.data).meta?.offdrill_run === run);
    };
    const {connection} = await vault.open({given: {address: proxy.address, token: vault.operatorToken}, run});

    await expect(connection.begin(limits, signal)).rejects.toMatchObject({code: 'unreachable'});
    const alive = await of();
    await proxy.close();
    await expect(connection.end(AbortSignal.timeout(2000))).rejects.toMatchObject({
      detail: 'unanswered',
      message: expect.stringContaining(`\`offdrill_run=${run}\``),
    });
    const other = await startForgetfulProxy(vault.address, ({url}) => url.endsWith('auth/token/create'));
    const again = (await vault.open({given: {address: other.address, token: vault.operatorToken}, run})).connection;
    await again.begin(limits, signal).catch(() => undefined);
    await again.end(signal);
    await other.close();

    expect(alive).toHaveLength(1);
    expect(await of()).toEqual([]);
  });

  it('ends what earlier processes left, and not what another connection of this one works with', async () => {
    const run = 'run-of-two-connections';
    const earlier = await (await vault.open({run})).connection.begin(limits, signal);
    const first = await vault.open({run, earlier: [earlier.accessor ?? '']});
    const owned = await first.connection.begin(limits, signal);
    const second = (await vault.open({run, earlier: [earlier.accessor ?? ''], owned: first.owned})).connection;
    await second.begin(limits, signal);

    await second.endEarlier(signal);

    expect(owned.accessor).toBeDefined();
    expect(await first.connection.control(signal)).toBe(true);
    expect(await second.control(signal)).toBe(true);
    await expect(vault.root('POST', 'auth/token/lookup-accessor', earlier)).rejects.toThrow('400');
    await first.connection.end(signal);
    await second.end(signal);
  });

  it('ends its run token by itself, and is safe to end twice', async () => {
    const {connection} = await vault.open();
    const {accessor} = await connection.begin(limits, signal);

    await connection.end(signal);
    await connection.end(signal);

    await expect(vault.root('POST', 'auth/token/lookup-accessor', {accessor})).rejects.toThrow('400');
  });

  it('lets a role in again that was locked during the run, and no other', async () => {
    const token = vault.lab.rootToken();
    const old = await vault.open({token});
    await lockOut(vault, 'checkout');
    const {connection} = await vault.open({token});
    await connection.begin(limits, signal);
    await connection.roleId('orders-mcp', 'approle', signal);
    await connection.roleId('checkout', 'approle', signal);
    await lockOut(vault, 'orders-mcp');

    await connection.end(signal);

    const locked = await listLockedUsers(
      {address: vault.address, ask: (request) => old.connection.ask(request)},
      signal,
    );
    const checkout = await old.connection.roleId('checkout', 'approle', signal);
    expect(locked.map(({alias}) => alias)).toEqual([checkout]);
    await unlockAll(vault);
  });

  it('finds a run token that is gone already no error', async () => {
    const {connection} = await vault.open();
    const {accessor} = await connection.begin(limits, signal);
    await vault.root('POST', 'auth/token/revoke-accessor', {accessor});

    await expect(connection.end(signal)).resolves.toBeUndefined();
  });

  it('lists tokens by the mount that made them, since metadata can be forged', async () => {
    const {connection} = await vault.open();
    await connection.begin(limits, signal);
    const real = await vault.logIn('orders-mcp');
    await vault.root('POST', 'auth/token/create', {meta: {role_name: 'orders-mcp'}, policies: ['default']});

    const found = await connection.inventory.livingOf({approle: 'orders-mcp', mount: 'approle'}, signal);

    expect(found.map(({accessor}) => accessor)).toContain(real.accessor);
    expect(found.every(({path}) => path === 'auth/approle/login')).toBe(true);
  });

  it('looks each foreign token up once, however often it scans', async () => {
    const {connection} = await vault.open();
    await connection.begin(limits, signal);
    await connection.inventory.living(signal);
    const before = await countLookUps(vault);

    await connection.inventory.living(signal);
    const {accessor} = await vault.logIn('checkout');
    const found = await connection.inventory.living(signal);

    expect(found.map((token) => token.accessor)).toContain(accessor);
    expect((await countLookUps(vault)) - before).toBe(1);
  });

  it('forgets a token that is gone', async () => {
    const {connection} = await vault.open();
    const {accessor} = await vault.logIn('checkout');
    expect((await connection.inventory.living(signal)).map((token) => token.accessor)).toContain(accessor);

    await vault.root('POST', 'auth/token/revoke-accessor', {accessor});

    expect((await connection.inventory.living(signal)).map((token) => token.accessor)).not.toContain(accessor);
  });

  it('takes the 404 of an empty list for an empty list', async () => {
    const {connection} = await vault.open();

    expect(await connection.list('cubbyhole/', signal)).toEqual([]);
  });
});

/** How often the audit log tells of a look-up by accessor. */
async function countLookUps(vault: VaultLab): Promise<number> {
  const log = await readFile(`${vault.lab.data}/openbao/audit.log`, 'utf8');
  return log
    .split('\n')
    .filter((line) => line.includes('"type":"response"') && line.includes('"path":"auth/token/lookup-accessor"'))
    .length;
}
