import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Action} from '../../../src/contract/operation.ts';
import {deleteKvVersions, destroyKvVersions} from '../../../src/drivers/vault/end-kv-versions.ts';
import {kvSecret} from '../../../src/drivers/vault/kv-secret.ts';
import {kvVersions} from '../../../src/drivers/vault/kv-versions.ts';
import {read} from '../../../src/drivers/vault/read.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {tightenPolicy} from '../../../src/drivers/vault/tighten-policy.ts';
import {writeKvVersion} from '../../../src/drivers/vault/write-kv-version.ts';
import type {TestContext} from '../../helpers/context.ts';
import {startVaultLab, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);
const of = {path: 'orders/upstream'};
/** What the operations say they need, for one secret, and no more. */
const policy = `
path "secret/metadata/orders/*" { capabilities = ["read"] }
path "secret/data/orders/*"     { capabilities = ["create", "read", "update"] }
path "secret/delete/orders/*"   { capabilities = ["update"] }
path "secret/destroy/orders/*"  { capabilities = ["update"] }
path "auth/token/*"             { capabilities = ["update"] }
path "sys/policies/acl/reader"  { capabilities = ["read", "update"] }
`;

describe('drivers/vault/kv', () => {
  let vault: VaultLab;
  let operator: string;
  let reader: string;
  let ctx: TestContext<VaultSession>;
  beforeAll(async () => {
    vault = await startVaultLab();
    await vault.root('POST', 'sys/mounts/secret', {type: 'kv', options: {version: '2'}});
    const tokenWith = async (name: string, rules: string): Promise<string> => {
      await vault.root('PUT', `sys/policies/acl/${name}`, {policy: rules});
      return Object((await vault.root('POST', 'auth/token/create', {policies: ['default', name]})).auth).client_token;
    };
    operator = await tokenWith('kv-operator', policy);
    reader = await tokenWith('reader', 'path "secret/data/orders/*" { capabilities = ["read"] }');
  });
  afterAll(() => vault?.down());
  beforeEach(async () => {
    await vault.root('DELETE', 'secret/metadata/orders/upstream').catch(() => undefined);
    for (const key of ['first-value', 'second-value'])
      await vault.root('POST', 'secret/data/orders/upstream', {data: {key}});
    ctx = await vault.open({token: operator});
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
  });

  const versions = (given: object = {}) => kvVersions.observe(kvVersions.input.parse({...of, ...given}), ctx);
  const reading = (version?: number) =>
    read.observe(
      read.input.parse({
        token: reader,
        path: 'secret/data/orders/upstream',
        ...(version === undefined ? {} : {version}),
      }),
      ctx,
    );
  const run = async <State>(action: Action<{mount: string; path: string}, State, VaultSession>) => {
    const input = action.input.parse(of);
    const state = (await action.prepare?.(input, ctx)) as State;
    const before = await action.inspect?.(input, state, ctx);
    await action.execute(input, state, ctx);
    await action.execute(input, state, ctx);
    return {input, state, before, after: await action.inspect?.(input, state, ctx)};
  };

  it('captures a value, tells the redactor, and counts the older versions', async () => {
    const captured = await kvSecret.take(kvSecret.input.parse({...of, field: 'key', token: reader}), ctx);

    expect(captured).toEqual({version: 2, value: 'second-value', versions: [1, 2]});
    expect(ctx.known.get('second-value')).toBe('value of a KV secret');
    expect(kvSecret.count(captured)).toBe(2);
  });

  it('names the field or the secret that is not there', async () => {
    const take = (given: object) => kvSecret.take(kvSecret.input.parse({...of, field: 'key', ...given}), ctx);

    await expect(take({field: 'other'})).rejects.toMatchObject({detail: 'no-such-field'});
    await expect(take({path: 'orders/typo'})).rejects.toMatchObject({code: 'not-found'});
    await expect(deleteKvVersions.prepare?.({mount: 'secret', path: 'orders/typo'}, ctx)).rejects.toMatchObject({
      detail: 'no-such-secret',
    });
  });

  it('leaves every older version readable when the latest alone is deleted', async () => {
    await vault.root('DELETE', 'secret/data/orders/upstream');

    expect(await reading()).toEqual({state: 'denied', code: 'deleted', surface: 'disarmed'});
    expect(await reading(1)).toEqual({state: 'allowed', code: '200'});
    expect(await versions()).toMatchObject({state: 'allowed', code: 'readable:1'});
  });

  it('deletes all versions, which whoever may undelete brings back', async () => {
    expect(await run(deleteKvVersions)).toMatchObject({before: 'not-applied', after: 'applied'});

    expect(await versions()).toMatchObject({state: 'denied', code: 'deleted', surface: 'disarmed'});
    await vault.root('POST', 'secret/undelete/orders/upstream', {versions: [1]});
    expect(await versions()).toMatchObject({state: 'allowed', code: 'readable:1'});
    expect(await reading(1)).toMatchObject({state: 'allowed'});
  });

  it('destroys all versions for good', async () => {
    expect(await run(destroyKvVersions)).toMatchObject({before: 'not-applied', after: 'applied'});

    await vault.root('POST', 'secret/undelete/orders/upstream', {versions: [1, 2]});
    expect(await versions()).toMatchObject({
      state: 'denied',
      code: 'destroyed',
      facts: {readable: 0, deleted: 0, versions: 2},
    });
    expect(await reading()).toEqual({state: 'denied', code: 'destroyed'});
  });

  it('finds a version that somebody wrote since', async () => {
    const {input, state} = await run(destroyKvVersions);

    await vault.root('POST', 'secret/data/orders/upstream', {data: {key: 'second-value'}});

    expect(await destroyKvVersions.inspect?.(input, state, ctx)).toBe('partly');
    expect(await versions()).toMatchObject({state: 'allowed', code: 'readable:3'});
    expect(await versions({versions: [1, 2]})).toMatchObject({state: 'denied', code: 'destroyed'});
  });

  it('writes a new version after deleted ones, whose count goes on', async () => {
    await run(deleteKvVersions);
    const input = writeKvVersion.input.parse({...of, field: 'key', value: 'third-value'});
    const state = (await writeKvVersion.prepare?.(input, ctx)) ?? {current: 0};
    expect(await writeKvVersion.inspect?.(input, state, ctx)).toBe('not-applied');

    await writeKvVersion.execute(input, state, ctx);
    await writeKvVersion.execute(input, state, ctx);

    expect(await writeKvVersion.inspect?.(input, state, ctx)).toBe('applied');
    expect(await versions()).toMatchObject({state: 'allowed', code: 'readable:3'});
  });

  it('buries nothing that somebody else wrote meanwhile', async () => {
    const input = writeKvVersion.input.parse({...of, field: 'key', value: 'third-value'});
    const state = (await writeKvVersion.prepare?.(input, ctx)) ?? {current: 0};
    await vault.root('POST', 'secret/data/orders/upstream', {data: {key: 'theirs'}});

    await expect(writeKvVersion.execute(input, state, ctx)).rejects.toMatchObject({detail: 'cas'});
    expect(await writeKvVersion.inspect?.(input, state, ctx)).toBe('not-applied');
  });

  it('tells a secret that never was from one that is gone', async () => {
    const typo = read.input.parse({token: reader, path: 'secret/data/orders/typo'});

    expect(await read.observe(typo, ctx)).toEqual({state: 'indeterminate', code: 'no-such-path'});
    expect(await versions({path: 'orders/typo'})).toEqual({state: 'indeterminate', code: 'no-such-secret'});
  });

  it('calls what a policy forbids disarmed, and what a dead token may not read denied', async () => {
    const input = tightenPolicy.input.parse({policy: 'reader'});
    expect(await reading()).toEqual({state: 'allowed', code: '200'});
    await tightenPolicy.execute(input, (await tightenPolicy.prepare?.(input, ctx)) ?? {sha256: '', rules: ''}, ctx);

    expect(await reading()).toMatchObject({state: 'denied', code: '403', surface: 'disarmed'});

    await vault.root('POST', 'auth/token/revoke', {token: reader});
    expect(await reading()).toEqual({state: 'denied', code: '403'});
  });
});
