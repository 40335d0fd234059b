import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Need} from '../../../src/contract/operation.ts';
import {approleLogin} from '../../../src/drivers/vault/approle-login.ts';
import {databaseCredential} from '../../../src/drivers/vault/database-credential.ts';
import {disableEntity, enableEntity} from '../../../src/drivers/vault/disable-entity.ts';
import {policyLanguage} from '../../../src/drivers/vault/policy-language.ts';
import {revokeLeases} from '../../../src/drivers/vault/revoke-leases.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {restorePolicy, tightenPolicy} from '../../../src/drivers/vault/tighten-policy.ts';
import type {TestContext} from '../../helpers/context.ts';
import {lockOut} from './staging.ts';
import {issueSecretId, startVaultLab, takeDatabaseUser, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);
const prefix = 'database/creds/orders-mcp';

/** Operations with a run token that has the rendered rules and nothing else, on the lab's real server. */
describe('drivers/vault/policy-language on a server', () => {
  let vault: VaultLab;
  beforeAll(async () => {
    vault = await startVaultLab();
  });
  afterAll(() => vault?.down());

  const begin = async (...needs: readonly (readonly Need[] | undefined)[]): Promise<TestContext<VaultSession>> => {
    const asked = needs.flatMap((some) => some ?? []).map((need) => ({...need, neededBy: ['test']}));
    const policy = policyLanguage.render(policyLanguage.complete(asked, {}), {});
    await vault.root('PUT', 'sys/policies/acl/least', {policy});
    const {auth} = await vault.root('POST', 'auth/token/create-orphan', {policies: ['least'], no_default_policy: true});
    const ctx = await vault.open({token: Object(auth).client_token});
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
    return ctx;
  };
  const post = (ctx: TestContext<VaultSession>, path: string, body: Record<string, unknown>) =>
    ctx.connection.ask({method: 'POST', path, body, signal});

  it.each(['approle', 'name', 'id'])('lets an entity be disabled by %s, and given no policy', async (by) => {
    const {data} = await vault.root('GET', 'auth/approle/role/orders-mcp/role-id');
    await vault.logIn('orders-mcp');
    const entities = Object((await vault.root('GET', 'identity/entity/id?list=true')).data).key_info;
    const found = Object.entries<{name: string; aliases: {name: string}[]}>(entities).find(([, {aliases}]) =>
      aliases.some(({name}) => name === Object(data).role_id),
    );
    const [id = '', entity] = found ?? [];
    const input = disableEntity.input.parse({[by]: {approle: 'orders-mcp', name: entity?.name, id}[by]});
    const ctx = await begin(disableEntity.needs?.(input), enableEntity.needs?.(input));

    const state = (await disableEntity.prepare?.(input, ctx)) ?? {id: ''};
    await disableEntity.execute(input, state, ctx);
    expect(await disableEntity.inspect?.(input, state, ctx)).toBe('applied');
    await enableEntity.execute(input, state, ctx);
    expect(await enableEntity.inspect?.(input, state, ctx)).toBe('applied');

    expect(state.id).toBe(id);
    expect(await post(ctx, `identity/entity/id/${id}`, {policies: ['operator']})).toMatchObject({status: 403});
  });

  it('lets a policy be tightened and put back', async () => {
    const input = tightenPolicy.input.parse({policy: 'checkout'});
    const ctx = await begin(tightenPolicy.needs?.(input));

    const state = await tightenPolicy.prepare?.(input, ctx);
    if (state === undefined) throw new Error('nothing was prepared');
    await tightenPolicy.execute(input, state, ctx);
    const back = restorePolicy.input.parse(tightenPolicy.rollback?.with(input, state));
    await restorePolicy.execute(back, undefined, ctx);

    expect(await restorePolicy.inspect?.(back, undefined, ctx)).toBe('applied');
    expect(await post(ctx, 'sys/policies/acl/operator', {policy: ''})).toMatchObject({status: 403});
  });

  it('OpenBao revokes the lease that the body names: the policy lets it name none', async () => {
    const {token} = await vault.logIn('orders-mcp');
    const own = await takeDatabaseUser(vault.address, token);
    const input = revokeLeases.input.parse({prefix});
    const ctx = await begin(revokeLeases.needs?.(input));

    const refused = await post(ctx, `sys/leases/revoke/${own.lease}`, {lease_id: own.lease});
    await revokeLeases.execute(input, {leases: [own.lease]}, ctx);

    expect(refused.status).toBe(403);
    expect(await revokeLeases.inspect?.(input, {leases: [own.lease]}, ctx)).toBe('applied');
  });

  it('lets a run end the locks of its own logins, whatever their role-ids', async () => {
    const {secretId} = await issueSecretId(vault.root, 'orders-mcp');
    const input = approleLogin.input.parse({role: 'orders-mcp', 'secret-id': secretId});
    const ctx = await begin(approleLogin.needs?.(input));
    await approleLogin.release?.(await approleLogin.take(input, ctx), ctx);
    await lockOut(vault);
    await expect(approleLogin.take(input, ctx)).rejects.toMatchObject({detail: '403'});

    await ctx.connection.end(signal);

    const after = await begin(approleLogin.needs?.(input));
    await expect(approleLogin.take(input, after)).resolves.toMatchObject({type: 'service'});
  });

  it('lets a database user that was taken be given back', async () => {
    const {token} = await vault.logIn('orders-mcp');
    const input = databaseCredential.input.parse({token, role: 'orders-mcp'});
    const ctx = await begin(databaseCredential.needs?.(input));

    const taken = await databaseCredential.take(input, ctx);

    await databaseCredential.release?.(taken, ctx);
  });
});
