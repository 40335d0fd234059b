import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {irrevocableLeases} from '../../../src/drivers/vault/irrevocable-leases.ts';
import {revokeLeases} from '../../../src/drivers/vault/revoke-leases.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {type TestContext, until} from '../../helpers/context.ts';
import {testImages} from '../../helpers/test-images.ts';
import {revokeWith} from './staging.ts';
import {canLogIn, startVaultLab, takeDatabaseUser, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);
const prefix = 'database/creds/orders-mcp';

/** The database refuses for real, and OpenBao gives up after six times. */
describe('drivers/vault/irrevocable-leases', () => {
  let vault: VaultLab;
  let ctx: TestContext<VaultSession>;
  beforeAll(async () => {
    vault = await startVaultLab();
    await vault.lab.stop('orders-mcp');
    await vault.root('PUT', 'sys/policies/acl/more', {
      policy: `
path "sys/leases" { capabilities = ["read", "sudo"] }
path "sys/leases/*" { capabilities = ["list", "update", "sudo"] }
path "auth/token/create" { capabilities = ["update"] }
path "sys/locked-users" { capabilities = ["read"] }`,
    });
    const {auth} = await vault.root('POST', 'auth/token/create', {policies: ['default', 'more']});
    ctx = await vault.open({token: Object(auth).client_token});
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
  });
  afterAll(() => vault?.down());

  const observe = () => irrevocableLeases.observe({prefix}, ctx);

  it('revokes leases that were captured, and no others', async () => {
    const {token} = await vault.logIn('orders-mcp');
    const [one, other] = [await takeDatabaseUser(vault.address, token), await takeDatabaseUser(vault.address, token)];
    const input = revokeLeases.input.parse({leases: [one.lease]});
    const state = (await revokeLeases.prepare?.(input, ctx)) ?? {leases: []};
    expect(await revokeLeases.inspect?.(input, state, ctx)).toBe('not-applied');

    await revokeLeases.execute(input, state, ctx);
    await revokeLeases.execute(input, state, ctx);

    expect(await revokeLeases.inspect?.(input, state, ctx)).toBe('applied');
    expect(await canLogIn(vault.lab, one)).toBe(false);
    expect(await canLogIn(vault.lab, other)).toBe(true);
  });

  it('wants a prefix or leases, and not both', () => {
    expect(revokeLeases.input.safeParse({}).success).toBe(false);
    expect(revokeLeases.input.safeParse({prefix, leases: ['x/1']}).success).toBe(false);
  });

  it('finds a lease that was given up, names it, and forces nothing', async () => {
    expect(await observe()).toMatchObject({state: 'denied', code: 'none', facts: {irrevocable: 0}});
    await revokeWith(vault, 'select 1/0');
    const {token} = await vault.logIn('orders-mcp');
    const user = await takeDatabaseUser(vault.address, token);
    const input = revokeLeases.input.parse({prefix});
    const state = (await revokeLeases.prepare?.(input, ctx)) ?? {leases: []};

    await expect(revokeLeases.execute(input, state, ctx)).rejects.toThrow(user.lease);
    await until(async () => {
      await vault.root('PUT', 'sys/leases/revoke', {lease_id: user.lease, sync: false});
      return (await observe()).state === 'allowed';
    });

    expect(await observe()).toMatchObject({
      state: 'allowed',
      code: 'irrevocable',
      facts: {irrevocable: expect.any(Number)},
    });
    // Vault's lookup does not show what OpenBao's does: that the revocation was given up.
    const inspected = Promise.resolve(revokeLeases.inspect?.(input, state, ctx));
    if (testImages(process.env).vault === undefined) {
      await expect(inspected).rejects.toThrow(/`database\/creds\/orders-mcp\/\w+`/);
    } else await expect(inspected).resolves.toBe('not-applied');
    expect(await canLogIn(vault.lab, user)).toBe(true);
  }, 30_000);

  it('says nothing of a system that does not let it look', async () => {
    const {auth} = await vault.root('POST', 'auth/token/create', {policies: ['default', 'operator']});
    const other = await vault.open({token: Object(auth).client_token});

    expect(await irrevocableLeases.observe({prefix}, other)).toMatchObject({state: 'indeterminate', code: '403'});
  });
});
