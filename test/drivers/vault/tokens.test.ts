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

    it('refuses a role that gives out batch tokens, which nobody can list or revoke', async () => {
      await vault.root('POST', 'auth/approle/role/batch', {token_type: 'batch', token_policies: ['default']});
      await vault.root('PUT', 'sys/policies/acl/batch', {
        policy: 'path "auth/approle/role/batch/role-id" { capabilities = ["read"] }',
      });
      const {auth} = await vault.root('POST', 'auth/token/create', {policies: ['batch', 'default']});
      const {secretId} = await issueSecretId(vault.root, 'batch');
      const other = await vault.open({token: Object(auth).client_token});

      const taking = approleLogin.take(approleLogin.input.parse({role: 'batch', 'secret-id': secretId}), other);

      await expect(taking).rejects.toMatchObject({code: 'conflict', detail: 'batch-token'});
    });

    it('tells a role that is not there from a bad secret-id', async () => {
      const input = approleLogin.input.parse({role: 'no-such-role', 'secret-id': 'no-such-secret-id'});

      expect(await approleLoginProbe.observe(input, ctx)).toMatchObject({state: 'indeterminate'});
    });
  });

  describe('token', () => {
    it('is allowed while it lives, and denied once revoked', async () => {
      const {token, accessor} = await vault.logIn('orders-mcp');
      expect(await tokenProbe.observe({token}, ctx)).toEqual({state: 'allowed', code: '200'});

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
});
