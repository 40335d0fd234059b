import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {createBaoApi} from '../../../lab/openbao.ts';
import {approleLogin, approleLoginProbe} from '../../../src/drivers/vault/approle-login.ts';
import {disableEntity, enableEntity} from '../../../src/drivers/vault/disable-entity.ts';
import {holdings, holdingsAlive} from '../../../src/drivers/vault/holdings.ts';
import {revokeToken} from '../../../src/drivers/vault/revoke-token.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {restorePolicy, tightenPolicy} from '../../../src/drivers/vault/tighten-policy.ts';
import {token as tokenProbe} from '../../../src/drivers/vault/token.ts';
import {waitForExpiry} from '../../../src/drivers/vault/wait-for-expiry.ts';
import {type TestContext, until} from '../../helpers/context.ts';
import {issueSecretId, startVaultLab, takeDatabaseUser, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);

/** What a person with more rights than the flagship needs would give the operator for these operations. */
const policy = `
path "auth/approle/role/*" { capabilities = ["read", "list", "update"] }
path "auth/token/*"  { capabilities = ["read", "list", "update", "sudo"] }
path "identity/*"    { capabilities = ["read", "update"] }
path "sys/policies/acl/*" { capabilities = ["read", "update"] }
path "sys/leases/*"  { capabilities = ["list", "update", "sudo"] }
path "sys/locked-users" { capabilities = ["read"] }
`;

describe('drivers/vault/surfaces', () => {
  let vault: VaultLab;
  let operator: string;
  let ctx: TestContext<VaultSession>;
  beforeAll(async () => {
    vault = await startVaultLab();
    await vault.root('PUT', 'sys/policies/acl/more', {policy});
    const {auth} = await vault.root('POST', 'auth/token/create-orphan', {policies: ['default', 'more'], ttl: '1h'});
    operator = Object(auth).client_token;
  });
  afterAll(() => vault?.down());
  beforeEach(async () => {
    ctx = await vault.open({token: operator});
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
  });

  /** An AppRole of its own, so that nothing else holds anything of it. */
  const createRole = async (role: string, settings: object) => {
    await vault.root('PUT', `sys/policies/acl/${role}`, {
      policy: 'path "sys/policies/acl/none" { capabilities = ["read"] }',
    });
    await vault.root('POST', `auth/approle/role/${role}`, {token_policies: [role], ...settings});
    const {secretId, accessor} = await issueSecretId(vault.root, role);
    return {accessor, login: approleLogin.input.parse({role, 'secret-id': secretId})};
  };

  describe('a disabled entity', () => {
    it('disarms its tokens and revives them when enabled again', async () => {
      const {login} = await createRole('disabled', {token_ttl: '10m'});
      const {token} = await approleLogin.take(login, ctx);
      const input = disableEntity.input.parse({approle: 'disabled'});
      const state = (await disableEntity.prepare?.(input, ctx)) ?? {id: ''};
      expect(await disableEntity.inspect?.(input, state, ctx)).toBe('not-applied');

      await disableEntity.execute(input, state, ctx);
      await disableEntity.execute(input, state, ctx);

      expect(await disableEntity.inspect?.(input, state, ctx)).toBe('applied');
      expect(await tokenProbe.observe({token}, ctx)).toMatchObject({
        state: 'denied',
        code: '403',
        surface: 'disarmed',
        until: expect.any(Number),
      });
      expect(await approleLoginProbe.observe(login, ctx)).toMatchObject({state: 'indeterminate'});
      await enableEntity.execute(input, state, ctx);
      expect(await enableEntity.inspect?.(input, state, ctx)).toBe('applied');
      expect(await tokenProbe.observe({token}, ctx)).toMatchObject({state: 'allowed'});
    });

    it('keeps its name, its policies and its metadata', async () => {
      const {data} = await vault.root('POST', 'identity/entity', {
        name: 'kept',
        policies: ['default'],
        metadata: {team: 'x'},
      });
      const input = disableEntity.input.parse({id: Object(data).id});

      await disableEntity.execute(input, {id: Object(data).id}, ctx);

      const entity = await vault.root('GET', `identity/entity/id/${Object(data).id}`);
      expect(entity.data).toMatchObject({name: 'kept', policies: ['default'], metadata: {team: 'x'}, disabled: true});
    });

    it('refuses one that was disabled before, which the rollback would enable', async () => {
      const {data} = await vault.root('POST', 'identity/entity', {name: 'off', disabled: true});
      const prepare = (given: object) => disableEntity.prepare?.(disableEntity.input.parse(given), ctx);

      await expect(prepare({id: Object(data).id})).rejects.toMatchObject({detail: 'already-disabled'});
      await expect(prepare({name: 'off'})).rejects.toMatchObject({detail: 'already-disabled'});
      await expect(prepare({name: 'no-such-entity'})).rejects.toMatchObject({code: 'not-found'});
    });
  });

  describe('a batch token', () => {
    it('is disarmed by a disabled entity and dead only after its end', async () => {
      const {login} = await createRole('batch', {token_type: 'batch', token_ttl: '3s'});
      const {token, type, accessor} = await approleLogin.take(login, ctx);
      expect({type, accessor}).toEqual({type: 'batch', accessor: ''});
      expect(await tokenProbe.observe({token}, ctx)).toMatchObject({state: 'allowed', until: expect.any(Number)});
      const entity = disableEntity.input.parse({approle: 'batch'});

      await disableEntity.execute(entity, (await disableEntity.prepare?.(entity, ctx)) ?? {id: ''}, ctx);

      expect(await tokenProbe.observe({token}, ctx)).toMatchObject({state: 'denied', surface: 'disarmed'});
      const wait = waitForExpiry.input.parse({token, 'at-most': '10s'});
      await waitForExpiry.execute(wait, undefined, ctx);
      expect(await waitForExpiry.inspect?.(wait, undefined, ctx)).toBe('applied');
      expect(ctx.drained.map(({what}) => what)).toEqual(['the captured token']);
      const after = await tokenProbe.observe({token}, ctx);
      expect(after).toEqual({state: 'denied', code: '403'});
    });

    it('can’t be given back: the run says when it ends', async () => {
      const {login} = await createRole('left', {token_type: 'batch', token_ttl: '10m'});
      const captured = await approleLogin.take(login, ctx);

      await approleLogin.release?.(captured, ctx);

      expect(ctx.drained).toEqual([{what: 'the batch token that the run logged in with', until: expect.any(Number)}]);
      expect(await tokenProbe.observe({token: captured.token}, ctx)).toMatchObject({state: 'allowed'});
    });

    it('can’t be revoked, and is not tried to be', async () => {
      const {login} = await createRole('unrevokable', {token_type: 'batch', token_ttl: '10m'});
      const {token} = await approleLogin.take(login, ctx);

      const preparing = revokeToken.prepare?.(revokeToken.input.parse({token}), ctx);

      await expect(preparing).rejects.toMatchObject({detail: 'batch-token'});
    });

    it('leaves holdings unobservable until the last one has ended', async () => {
      const {accessor} = await createRole('unlisted', {token_type: 'batch', token_ttl: '2s'});
      const held = await holdings.take(holdings.input.parse({approle: 'unlisted'}), ctx);
      expect(held).toMatchObject({tokens: [], secretIds: [accessor], batch: {livesForMs: 2000}});

      await vault.root('POST', 'auth/approle/role/unlisted/secret-id-accessor/destroy', {secret_id_accessor: accessor});

      const observe = () => holdingsAlive.observe({holdings: held}, ctx);
      expect(await observe()).toMatchObject({state: 'denied', surface: 'unobservable', until: expect.any(Number)});
      await until(async () => (await observe()).surface === undefined);
      expect(await observe()).toMatchObject({state: 'denied', code: 'none-alive'});
    });
  });

  describe('the batch tokens of a mount', () => {
    it('are seen where the role leaves the kind of its tokens to the mount', async () => {
      await vault.root('POST', 'sys/auth/batches', {
        type: 'approle',
        config: {token_type: 'batch', default_lease_ttl: '90s'},
      });
      await vault.root('POST', 'auth/batches/role/unsaid', {token_policies: ['default']});
      await vault.root('PUT', 'sys/policies/acl/batches', {
        policy: 'path "auth/batches/*" { capabilities = ["read", "list"] }',
      });
      const {auth} = await vault.root('POST', 'auth/token/create', {policies: ['default', 'more', 'batches']});
      const other = await vault.open({token: Object(auth).client_token});

      const held = await holdings.take(holdings.input.parse({approle: 'unsaid', mount: 'batches'}), other);

      expect(held.batch).toEqual({livesForMs: 90_000});
    });
  });

  describe('wait-for-expiry', () => {
    it('waits until tokens and leases have ended by themselves', async () => {
      await vault.root('POST', 'database/roles/orders-mcp', {
        ...Object((await vault.root('GET', 'database/roles/orders-mcp')).data),
        default_ttl: '2s',
      });
      const {token} = await vault.logIn('orders-mcp');
      const {lease} = await takeDatabaseUser(vault.address, token);
      const input = waitForExpiry.input.parse({leases: [lease], 'at-most': '20s'});
      await waitForExpiry.prepare?.(input, ctx);
      expect(await waitForExpiry.inspect?.(input, undefined, ctx)).toBe('not-applied');

      await waitForExpiry.execute(input, undefined, ctx);

      expect(await waitForExpiry.inspect?.(input, undefined, ctx)).toBe('applied');
      expect(ctx.drained).toEqual([{what: `lease ${lease}`, until: expect.any(Number)}]);
    });

    it('waits for what came after it began, too', async () => {
      const {login} = await createRole('anew', {token_ttl: '3s'});
      await approleLogin.take(login, ctx);
      const input = waitForExpiry.input.parse({approle: 'anew', 'at-most': '20s'});
      let later: {accessor: string} | undefined;
      const draining = (what: string, at: number) => ctx.draining(what, at);
      const logInOnce = async (what: string, at: number) => {
        draining(what, at);
        later ??= await approleLogin.take(login, ctx);
      };

      await waitForExpiry.execute(input, undefined, {...ctx, draining: (what, at) => void logInOnce(what, at)});

      expect(later).toBeDefined();
      expect(ctx.drained.map(({what}) => what)).toContain(`token of accessor ${later?.accessor}`);
      expect(await waitForExpiry.inspect?.(input, undefined, ctx)).toBe('applied');
    });

    it('refuses before anything is changed what lives longer than it may wait', async () => {
      const {login} = await createRole('long', {token_ttl: '10m'});
      const {token} = await approleLogin.take(login, ctx);
      const input = waitForExpiry.input.parse({token, 'at-most': '30s'});

      await expect(waitForExpiry.prepare?.(input, ctx)).rejects.toMatchObject({detail: 'lives-longer'});
    });

    it('gives up on what somebody renews', async () => {
      const {login} = await createRole('renewed', {token_ttl: '5s', token_max_ttl: '1h'});
      const {token, accessor} = await approleLogin.take(login, ctx);
      const input = waitForExpiry.input.parse({token, 'at-most': '1s'});
      await vault.root('POST', 'auth/token/renew-accessor', {accessor, increment: '1h'});

      await expect(waitForExpiry.execute(input, undefined, ctx)).rejects.toMatchObject({detail: 'renewed'});
    });

    it('says so when the system behind does not take its part away', async () => {
      const before = Object((await vault.root('GET', 'database/roles/orders-mcp')).data);
      await vault.root('POST', 'database/roles/orders-mcp', {
        ...before,
        default_ttl: '1s',
        revocation_statements: ['select 1/0'],
      });
      const {token} = await vault.logIn('orders-mcp');
      const {lease} = await takeDatabaseUser(vault.address, token);

      const waiting = waitForExpiry.execute(
        waitForExpiry.input.parse({leases: [lease], 'at-most': '3s'}),
        undefined,
        ctx,
      );

      await expect(waiting).rejects.toMatchObject({detail: 'not-taken-away'});
      await vault.root('POST', 'database/roles/orders-mcp', before);
    });

    it('refuses a token that never ends', async () => {
      const input = waitForExpiry.input.parse({token: vault.lab.rootToken(), 'at-most': '1s'});

      await expect(waitForExpiry.prepare?.(input, ctx)).rejects.toMatchObject({detail: 'no-end'});
    });
  });

  describe('revoke-token', () => {
    it.each(['token', 'accessor'] as const)('revokes one by its %s, with its children', async (by) => {
      const {login} = await createRole('parent', {token_ttl: '10m', token_policies: ['more']});
      const captured = await approleLogin.take(login, ctx);
      const asIt = createBaoApi(vault.address, captured.token);
      const {auth} = Object(await asIt('POST', 'auth/token/create', {policies: ['default']}));
      const input = revokeToken.input.parse(by === 'token' ? {token: captured.token} : {accessor: captured.accessor});
      const state = (await revokeToken.prepare?.(input, ctx)) ?? {accessor: ''};
      expect(await revokeToken.inspect?.(input, state, ctx)).toBe('not-applied');

      await revokeToken.execute(input, state, ctx);
      await revokeToken.execute(input, state, ctx);

      expect(await revokeToken.inspect?.(input, state, ctx)).toBe('applied');
      expect(await tokenProbe.observe({token: captured.token}, ctx)).toEqual({state: 'denied', code: '403'});
      expect(await tokenProbe.observe({token: auth.client_token}, ctx)).toEqual({state: 'denied', code: '403'});
    });

    it('finds the token first, since revoking nothing succeeds', async () => {
      const preparing = revokeToken.prepare?.(revokeToken.input.parse({accessor: 'no-such-accessor'}), ctx);

      await expect(preparing).rejects.toMatchObject({code: 'not-found'});
    });
  });

  describe('tighten-policy', () => {
    const rules = 'path "secret/data/orders" { capabilities = ["read"] }';
    const prepare = async (name: string) => {
      await vault.root('PUT', `sys/policies/acl/${name}`, {policy: rules});
      const input = tightenPolicy.input.parse({policy: name});
      const state = (await tightenPolicy.prepare?.(input, ctx)) ?? {sha256: '', rules: ''};
      const back = restorePolicy.input.parse(tightenPolicy.rollback?.with(input, state));
      return {input, state, back};
    };
    const rulesOf = async (name: string) => Object((await vault.root('GET', `sys/policies/acl/${name}`)).data).policy;

    it('takes the rights of every token that names it, and gives them back exactly', async () => {
      const {input, state, back} = await prepare('tightened');
      const {auth} = Object(await vault.root('POST', 'auth/token/create', {policies: ['tightened', 'default']}));
      const may = async () => {
        const other = await vault.open({token: auth.client_token});
        const answer = await other.connection.ask({
          method: 'POST',
          path: 'sys/capabilities-self',
          body: {paths: ['secret/data/orders']},
          signal,
        });
        return Object(answer.body)['secret/data/orders'];
      };
      expect(await may()).toEqual(['read']);

      await tightenPolicy.execute(input, state, ctx);
      await tightenPolicy.execute(input, state, ctx);

      expect(await tightenPolicy.inspect?.(input, state, ctx)).toBe('applied');
      expect(await may()).toEqual(['deny']);
      await restorePolicy.execute(back, undefined, ctx);
      await restorePolicy.execute(back, undefined, ctx);
      expect(await restorePolicy.inspect?.(back, undefined, ctx)).toBe('applied');
      expect(await rulesOf('tightened')).toBe(rules);
      expect(await may()).toEqual(['read']);
    });

    it('writes nothing where somebody changed the policy meanwhile', async () => {
      const {input, state, back} = await prepare('changed');
      await vault.root('PUT', 'sys/policies/acl/changed', {policy: `${rules}\n# theirs`});

      await expect(tightenPolicy.execute(input, state, ctx)).rejects.toMatchObject({detail: 'policy-changed'});
      await expect(restorePolicy.execute(back, undefined, ctx)).rejects.toMatchObject({detail: 'policy-changed'});

      expect(await rulesOf('changed')).toBe(`${rules}\n# theirs`);
      expect(await tightenPolicy.inspect?.(input, state, ctx)).toBe('partly');
    });

    it('puts nothing back whose hash is not that of what was there', async () => {
      const {input, state, back} = await prepare('cut');
      await tightenPolicy.execute(input, state, ctx);

      const cut = restorePolicy.execute({...back, rules: rules.slice(0, 20)}, undefined, ctx);

      await expect(cut).rejects.toMatchObject({detail: 'rules-unknown'});
    });

    it('refuses a policy that is not there and one that is tight already', async () => {
      const {input, state} = await prepare('tight');
      await tightenPolicy.execute(input, state, ctx);
      const other = tightenPolicy.input.parse({policy: 'no-such-policy'});

      await expect(tightenPolicy.prepare?.(input, ctx)).rejects.toMatchObject({detail: 'tight-already'});
      await expect(tightenPolicy.prepare?.(other, ctx)).rejects.toMatchObject({code: 'not-found'});
      expect(tightenPolicy.input.safeParse({policy: 'default'}).success).toBe(false);
    });
  });
});
