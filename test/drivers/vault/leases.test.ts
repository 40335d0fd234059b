import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {approleLogin} from '../../../src/drivers/vault/approle-login.ts';
import {databaseCredential} from '../../../src/drivers/vault/database-credential.ts';
import {holdings, holdingsAlive} from '../../../src/drivers/vault/holdings.ts';
import {revokeLeases} from '../../../src/drivers/vault/revoke-leases.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {type TestContext, until} from '../../helpers/context.ts';
import {empty, revokeWith} from './staging.ts';
import {canLogIn, issueSecretId, startVaultLab, takeDatabaseUser, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);
const prefix = 'database/creds/orders-mcp';

/** With the operator's policy and the run token, on the lab's real server. */
describe('drivers/vault/leases', () => {
  let vault: VaultLab;
  let ctx: TestContext<VaultSession>;
  beforeAll(async () => {
    vault = await startVaultLab();
    await vault.lab.stop('orders-mcp');
  });
  afterAll(() => vault?.down());
  beforeEach(async () => {
    ctx = await vault.open();
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
  });

  describe('holdings', () => {
    const input = holdings.input.parse({approle: 'orders-mcp', 'database-role': 'orders-mcp'});

    it('takes what the integration holds, and nothing of the run’s own', async () => {
      await empty(ctx);
      const {secretId, accessor: secretIdAccessor} = await issueSecretId(vault.root, 'orders-mcp');
      const real = await vault.logIn('orders-mcp');
      const {lease} = await takeDatabaseUser(vault.address, real.token);
      const own = await approleLogin.take(approleLogin.input.parse({role: 'orders-mcp', 'secret-id': secretId}), ctx);
      const ownUser = await databaseCredential.take(
        databaseCredential.input.parse({token: own.token, role: 'orders-mcp'}),
        ctx,
      );

      const held = await holdings.take(input, ctx);

      expect(held.tokens.map(({accessor}) => accessor)).toEqual([real.accessor]);
      expect(held.leases).toEqual([lease]);
      expect(held.secretIds).toContain(secretIdAccessor);
      expect(JSON.stringify(held)).not.toContain(ownUser.lease);
      expect(holdings.count(held)).toBe(2 + held.secretIds.length);
    });

    it('is alive while one thing lives, and says how many of each', async () => {
      await empty(ctx);
      await issueSecretId(vault.root, 'orders-mcp');
      const {token, accessor} = await vault.logIn('orders-mcp');
      await takeDatabaseUser(vault.address, token);
      const held = {holdings: await holdings.take(input, ctx)};

      expect(await holdingsAlive.observe(held, ctx)).toEqual({
        state: 'allowed',
        code: 'alive',
        facts: {tokens: 1, leases: 1, secretIds: 2},
      });
      await empty(ctx);
      await until(async () => (await holdingsAlive.observe(held, ctx)).state === 'denied');
      expect(await holdingsAlive.observe(held, ctx)).toMatchObject({facts: {tokens: 0, leases: 0, secretIds: 0}});
      await expect(vault.root('POST', 'auth/token/lookup-accessor', {accessor})).rejects.toThrow('400');
    });

    it('finds the revocation of a token ends the database user that it took', async () => {
      const {token, accessor} = await vault.logIn('orders-mcp');
      const user = await takeDatabaseUser(vault.address, token);
      expect(await canLogIn(vault.lab, user)).toBe(true);

      await vault.root('POST', 'auth/token/revoke-accessor', {accessor});

      await until(async () => !(await canLogIn(vault.lab, user)));
    });
  });

  describe('revoke-leases', () => {
    afterEach(() => revokeWith(vault, 'drop role if exists "{{name}}"'));
    const inputOf = () => revokeLeases.input.parse({prefix});

    it('revokes every lease, so that no user of them logs in', async () => {
      const {token} = await vault.logIn('orders-mcp');
      const users = [await takeDatabaseUser(vault.address, token), await takeDatabaseUser(vault.address, token)];
      const state = (await revokeLeases.prepare?.(inputOf(), ctx)) ?? {leases: []};
      expect(state.leases).toEqual(expect.arrayContaining(users.map(({lease}) => lease)));
      expect(await revokeLeases.inspect?.(inputOf(), state, ctx)).toBe('not-applied');

      await revokeLeases.execute(inputOf(), state, ctx);
      await revokeLeases.execute(inputOf(), state, ctx);

      expect(await revokeLeases.inspect?.(inputOf(), state, ctx)).toBe('applied');
      for (const user of users) expect(await canLogIn(vault.lab, user)).toBe(false);
    });

    it('is not applied any more once a token took another lease', async () => {
      const {token} = await vault.logIn('orders-mcp');
      await revokeLeases.execute(inputOf(), {leases: []}, ctx);

      await takeDatabaseUser(vault.address, token);

      expect(await revokeLeases.inspect?.(inputOf(), {leases: []}, ctx)).toBe('not-applied');
      await revokeLeases.execute(inputOf(), {leases: []}, ctx);
    });

    it('reports a revocation that fails at its first error, and forces nothing', async () => {
      const {token} = await vault.logIn('orders-mcp');
      const user = await takeDatabaseUser(vault.address, token);
      await revokeWith(vault, 'drop role "no such role"');

      const failure = await revokeLeases.execute(inputOf(), {leases: []}, ctx).catch((error: unknown) => error);
      const inspected = await revokeLeases.inspect?.(inputOf(), {leases: [user.lease]}, ctx).catch(String);

      expect(failure).toMatchObject({code: 'conflict', message: expect.stringContaining(user.lease)});
      expect(inspected).not.toBe('applied');
      expect(await canLogIn(vault.lab, user)).toBe(true);
    });

    it('finishes what failed once the database agrees', async () => {
      const {token} = await vault.logIn('orders-mcp');
      const user = await takeDatabaseUser(vault.address, token);
      await revokeWith(vault, 'drop role "no such role"');
      await revokeLeases.execute(inputOf(), {leases: []}, ctx).catch(() => undefined);

      await revokeWith(vault, 'drop role if exists "{{name}}"');
      await revokeLeases.execute(inputOf(), {leases: [user.lease]}, ctx);

      expect(await revokeLeases.inspect?.(inputOf(), {leases: [user.lease]}, ctx)).toBe('applied');
      expect(await canLogIn(vault.lab, user)).toBe(false);
    });
  });

  describe('database-credential', () => {
    it('hangs on the token of the integration, and is given back', async () => {
      const {token} = await vault.logIn('orders-mcp');
      const user = await databaseCredential.take(databaseCredential.input.parse({token, role: 'orders-mcp'}), ctx);

      expect(await canLogIn(vault.lab, user)).toBe(true);
      expect(ctx.owned).toContain(`lease ${user.lease}`);
      expect(ctx.known.has(user.password)).toBe(true);
      await databaseCredential.release?.(user, ctx);
      await databaseCredential.release?.(user, ctx);
      expect(await canLogIn(vault.lab, user)).toBe(false);
    });

    it('says what a token may not do', async () => {
      const {token} = await vault.logIn('checkout');
      const taking = databaseCredential.take(databaseCredential.input.parse({token, role: 'orders-mcp'}), ctx);

      await expect(taking).rejects.toMatchObject({code: 'forbidden'});
    });
  });
});
