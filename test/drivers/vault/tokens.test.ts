import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {approleLogin, approleLoginProbe} from '../../../src/drivers/vault/approle-login.ts';
import {destroySecretIds} from '../../../src/drivers/vault/destroy-secret-ids.ts';
import {revokeLeases} from '../../../src/drivers/vault/revoke-leases.ts';
import {revokeTokens} from '../../../src/drivers/vault/revoke-tokens.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {token as tokenProbe} from '../../../src/drivers/vault/token.ts';
import type {TestContext} from '../../helpers/context.ts';
import {unlockAll} from './staging.ts';
import {issueSecretId, startVaultLab, takeDatabaseUser, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);
const prefix = 'database/creds/orders-mcp';

/** With the operator's policy and the run token, on the lab's real server. */
describe('drivers/vault/tokens', () => {
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

  describe('approle-login', () => {
    const inputOf = (secretId: string) => approleLogin.input.parse({role: 'orders-mcp', 'secret-id': secretId});

    it('captures a token of the integration that is the run’s own, and gives it back', async () => {
      const {secretId} = await issueSecretId(vault.root, 'orders-mcp');

      const captured = await approleLogin.take(inputOf(secretId), ctx);

      expect(captured).toMatchObject({policies: ['default', 'orders-mcp'], ttlSeconds: 3600});
      expect(ctx.owned).toContain(`token ${captured.accessor}`);
      expect(ctx.known.has(captured.token)).toBe(true);
      await approleLogin.release?.(captured, ctx);
      await approleLogin.release?.(captured, ctx);
      expect(await tokenProbe.observe({token: captured.token}, ctx)).toMatchObject({state: 'denied', code: '403'});
    });

    it('revokes the token of a login that worked at once', async () => {
      const {secretId} = await issueSecretId(vault.root, 'orders-mcp');
      const before = await vault.root('LIST', 'auth/token/accessors');

      expect(await approleLoginProbe.observe(inputOf(secretId), ctx)).toEqual({state: 'allowed', code: '200'});
      expect(await vault.root('LIST', 'auth/token/accessors')).toMatchObject({data: before.data});
    });

    it('hinders nobody who counts tokens meanwhile: OpenBao forbids to look up one that is being revoked', async () => {
      const {secretId} = await issueSecretId(vault.root, 'orders-mcp');
      let asking = 3;
      const ask = async (): Promise<void> => {
        for (let login = 0; login < 60; login++) await approleLoginProbe.observe(inputOf(secretId), ctx);
        asking -= 1;
      };
      const count = async (): Promise<number> => {
        let found = 0;
        while (asking > 0) found = (await ctx.connection.inventory.living(signal)).length;
        return found;
      };

      const [found] = await Promise.all([count(), count(), ask(), ask(), ask()]);

      expect(found).toBeGreaterThan(0);
    });

    it('is denied by a destroyed secret-id, and says nothing once the role is locked', async () => {
      const {secretId, accessor} = await issueSecretId(vault.root, 'orders-mcp');
      await vault.root('POST', 'auth/approle/role/orders-mcp/secret-id-accessor/destroy', {
        secret_id_accessor: accessor,
      });
      const good = await issueSecretId(vault.root, 'orders-mcp');
      const states = [];
      for (let login = 1; login <= 5; login++) states.push(await approleLoginProbe.observe(inputOf(secretId), ctx));

      expect(states).toEqual(Array(5).fill({state: 'denied', code: '400'}));
      expect(await approleLoginProbe.observe(inputOf(good.secretId), ctx)).toMatchObject({state: 'indeterminate'});
      await expect(approleLogin.take(inputOf(good.secretId), ctx)).rejects.toThrow('sys/locked-users');
      await unlockAll(vault);
    });

    it('tells a role that is not there from a bad secret-id', async () => {
      const input = approleLogin.input.parse({role: 'no-such-role', 'secret-id': 'no-such-secret-id'});

      expect(await approleLoginProbe.observe(input, ctx)).toMatchObject({state: 'indeterminate'});
    });
  });

  describe('token', () => {
    it('is allowed while it lives, and denied once revoked', async () => {
      const {token, accessor} = await vault.logIn('orders-mcp');
      expect(await tokenProbe.observe({token}, ctx)).toMatchObject({state: 'allowed', code: '200'});

      await vault.root('POST', 'auth/token/revoke-accessor', {accessor});

      expect(await tokenProbe.observe({token}, ctx)).toEqual({state: 'denied', code: '403'});
    });

    it('outlives the revocation of its lease and the destruction of its secret-id', async () => {
      const {token} = await vault.logIn('orders-mcp');
      await takeDatabaseUser(vault.address, token);
      await revokeLeases.execute({prefix}, {leases: []}, ctx);
      await destroySecretIds.execute(destroySecretIds.input.parse({role: 'orders-mcp'}), {secretIds: []}, ctx);

      expect(await tokenProbe.observe({token}, ctx)).toMatchObject({state: 'allowed'});
      expect(await takeDatabaseUser(vault.address, token)).toMatchObject({lease: expect.stringContaining(prefix)});
    });
  });

  describe('revoke-tokens', () => {
    const input = revokeTokens.input.parse({approle: 'orders-mcp'});

    it('revokes the tokens of the role alone, those of after preparing too', async () => {
      const early = await vault.logIn('orders-mcp');
      const other = await vault.logIn('checkout');
      const state = (await revokeTokens.prepare?.(input, ctx)) ?? {tokens: []};
      const late = await vault.logIn('orders-mcp');
      expect(await revokeTokens.inspect?.(input, state, ctx)).toBe('not-applied');

      await revokeTokens.execute(input, state, ctx);
      await revokeTokens.execute(input, state, ctx);

      expect(await revokeTokens.inspect?.(input, state, ctx)).toBe('applied');
      for (const {token} of [early, late]) {
        expect(await tokenProbe.observe({token}, ctx)).toMatchObject({state: 'denied'});
      }
      expect(await tokenProbe.observe({token: other.token}, ctx)).toMatchObject({state: 'allowed'});
    });

    it('is not applied any more once the role logged in again', async () => {
      await revokeTokens.execute(input, {tokens: []}, ctx);

      await vault.logIn('orders-mcp');

      expect(await revokeTokens.inspect?.(input, {tokens: []}, ctx)).not.toBe('applied');
    });
  });

  describe('revoke-tokens of others than an AppRole', () => {
    const alive = (token: string) => tokenProbe.observe({token}, ctx);
    const revoke = async (given: object) => {
      const input = revokeTokens.input.parse(given);
      const state = (await revokeTokens.prepare?.(input, ctx)) ?? {tokens: []};
      await revokeTokens.execute(input, state, ctx);
      return {found: state.tokens.length, readBack: await revokeTokens.inspect?.(input, state, ctx)};
    };

    it('revokes all of a token role, and none of one whose name begins with it', async () => {
      const create = async (role: string) => {
        await vault.root('POST', `auth/token/roles/${role}`, {allowed_policies: ['default'], orphan: true});
        return Object((await vault.root('POST', `auth/token/create/${role}`)).auth).client_token;
      };
      const [of, other] = [await create('ci'), await create('ci-other')];

      expect(await revoke({'token-role': 'ci'})).toEqual({found: 1, readBack: 'applied'});

      expect(await alive(of)).toMatchObject({state: 'denied'});
      expect(await alive(other)).toMatchObject({state: 'allowed'});
    });

    it('revokes all of an entity, whatever they were logged in by', async () => {
      const [one, two] = [await vault.logIn('orders-mcp'), await vault.logIn('orders-mcp')];
      const other = await vault.logIn('checkout');
      const {data} = await vault.root('POST', 'auth/token/lookup-accessor', {accessor: one.accessor});

      expect(await revoke({entity: Object(data).entity_id})).toMatchObject({readBack: 'applied'});

      expect(await alive(one.token)).toMatchObject({state: 'denied'});
      expect(await alive(two.token)).toMatchObject({state: 'denied'});
      expect(await alive(other.token)).toMatchObject({state: 'allowed'});
    });

    it('wants to know whose, and of one owner alone', () => {
      expect(revokeTokens.input.safeParse({}).success).toBe(false);
      expect(revokeTokens.input.safeParse({approle: 'orders-mcp', entity: 'x'}).success).toBe(false);
    });
  });
});
