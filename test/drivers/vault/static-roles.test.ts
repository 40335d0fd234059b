import pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {rotateStaticRole} from '../../../src/drivers/vault/rotate-static-role.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {staticCredential} from '../../../src/drivers/vault/static-credential.ts';
import type {TestContext} from '../../helpers/context.ts';
import {canLogIn, startVaultLab, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);

/** With the rights that the lab gives the operator for its static role, and no more. */
describe('drivers/vault/static-roles', () => {
  let vault: VaultLab;
  let ctx: TestContext<VaultSession>;
  beforeAll(async () => {
    vault = await startVaultLab({variant: 'static'});
    ctx = await vault.open();
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
  });
  afterAll(() => vault?.down());

  const capture = async () => {
    const {token} = await vault.logIn('orders-mcp');
    return staticCredential.take(staticCredential.input.parse({token, role: 'orders-static'}), ctx);
  };

  it('captures what the integration logs in with, and tells the redactor', async () => {
    const captured = await capture();

    expect(captured.username).toBe('orders_static');
    expect(ctx.known.get(captured.password)).toBe('password of the database user');
    expect(await canLogIn(vault.lab, captured)).toBe(true);
  });

  it('rotates the password, and leaves the session that was open', async () => {
    const old = await capture();
    const [host = '', port = ''] = vault.lab.addresses.postgres.split(':');
    const {username, password} = old;
    const held = new pg.Client({host, port: Number(port), database: 'shop', user: username, password, ssl: false});
    await held.connect();
    const input = rotateStaticRole.input.parse({role: 'orders-static'});
    const state = (await rotateStaticRole.prepare?.(input, ctx)) ?? {rotatedAt: ''};
    expect(await rotateStaticRole.inspect?.(input, state, ctx)).toBe('not-applied');

    await rotateStaticRole.execute(input, state, ctx);
    await rotateStaticRole.execute(input, state, ctx);

    expect(await rotateStaticRole.inspect?.(input, state, ctx)).toBe('applied');
    expect(await canLogIn(vault.lab, old)).toBe(false);
    expect(await canLogIn(vault.lab, await capture())).toBe(true);
    expect((await held.query('select 1 as one')).rows).toEqual([{one: 1}]);
    await held.end();
  });

  it('needs no more than it says, and names a role that is not there', async () => {
    const input = rotateStaticRole.input.parse({role: 'orders-static'});
    const other = rotateStaticRole.input.parse({role: 'no-such-role'});

    expect(await ctx.connection.missing(rotateStaticRole.needs?.(input) ?? [], signal)).toEqual([]);
    await expect(rotateStaticRole.prepare?.(other, ctx)).rejects.toMatchObject({code: 'forbidden'});
  });
});
