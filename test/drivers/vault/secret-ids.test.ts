import {chmod, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {approleLogin, approleLoginProbe} from '../../../src/drivers/vault/approle-login.ts';
import {destroySecretIds} from '../../../src/drivers/vault/destroy-secret-ids.ts';
import {issueSecretIdAction} from '../../../src/drivers/vault/issue-secret-id.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import type {TestContext} from '../../helpers/context.ts';
import {startForgetfulProxy} from './forgetful-proxy.ts';
import {empty, lockOut, unlockAll} from './staging.ts';
import {issueSecretId, startVaultLab, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);

/** With the operator's policy and the run token, on the lab's real server. */
describe('drivers/vault/secret-ids', () => {
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
    it('says that a token may live of which nobody was told, where its answer is lost', async () => {
      const {secretId} = await issueSecretId(vault.root, 'orders-mcp');
      const proxy = await startForgetfulProxy(vault.address, ({url}) => url.endsWith('auth/approle/login'));
      const given = {address: proxy.address, token: vault.operatorToken};
      const lossy = await vault.open({given});
      await lossy.connection.begin({maxDurationMs: 60_000}, signal);
      const before = await livingTokens(vault);
      const login = approleLogin.input.parse({role: 'orders-mcp', 'secret-id': secretId});

      const taken = approleLogin.take(login, lossy);

      await expect(taken).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringMatching(
          /a token of `orders-mcp` that nobody holds then lives as long as the role gives it/,
        ),
      });
      expect((await livingTokens(vault)).filter((accessor) => !before.includes(accessor))).toHaveLength(1);
      await proxy.close();
    });

    it('speaks of no such token where nobody was there to log in at', async () => {
      const proxy = await startForgetfulProxy(vault.address, () => false);
      const given = {address: proxy.address, token: vault.operatorToken};
      const lost = await vault.open({given});
      await lost.connection.begin({maxDurationMs: 60_000}, signal);
      await lost.connection.roleId('orders-mcp', 'approle', signal);
      await proxy.close();
      const login = approleLogin.input.parse({role: 'orders-mcp', 'secret-id': 'any'});

      const taken = approleLogin.take(login, lost);

      await expect(taken).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.not.stringContaining('may have been made'),
      });
    });
  });

  describe('destroy-secret-ids', () => {
    const input = destroySecretIds.input.parse({role: 'orders-mcp', 'deliver-to': 'secret-id', 'at-most': 9});

    it('destroys them all, the new ones too, and reads that back', async () => {
      const {secretId} = await issueSecretId(vault.root, 'orders-mcp');
      const state = (await destroySecretIds.prepare?.(input, ctx)) ?? {secretIds: []};
      const late = await issueSecretId(vault.root, 'orders-mcp');
      expect(await destroySecretIds.inspect?.(input, state, ctx)).toBe('not-applied');

      await destroySecretIds.execute(input, state, ctx);

      expect(await destroySecretIds.inspect?.(input, state, ctx)).toBe('applied');
      expect(await vault.root('LIST', 'auth/approle/role/orders-mcp/secret-id').catch(String)).toContain('404');
      const login = approleLogin.input.parse({role: 'orders-mcp', 'secret-id': secretId});
      expect(await approleLoginProbe.observe(login, ctx)).toMatchObject({state: 'denied'});
      expect(JSON.stringify(state)).not.toContain(late.secretId);
      await unlockAll(vault);
    });

    it('does not begin where the rollback could not give back all that it destroys', async () => {
      await empty(ctx);
      const one = destroySecretIds.input.parse({role: 'orders-mcp'});
      await issueSecretId(vault.root, 'orders-mcp');
      await expect(destroySecretIds.prepare?.(one, ctx)).resolves.toMatchObject({secretIds: [expect.any(String)]});

      await issueSecretId(vault.root, 'orders-mcp');

      await expect(destroySecretIds.prepare?.(one, ctx)).rejects.toMatchObject({detail: 'several-secret-ids'});
    });

    it('is safe to run twice, although the second destroy of an accessor answers 500', async () => {
      const {accessor} = await issueSecretId(vault.root, 'orders-mcp');
      const state = {secretIds: [accessor]};
      await destroySecretIds.execute(input, state, ctx);

      await destroySecretIds.execute(input, state, ctx);

      await expect(
        vault.root('POST', 'auth/approle/role/orders-mcp/secret-id-accessor/destroy', {secret_id_accessor: accessor}),
      ).rejects.toThrow('500');
      expect(await destroySecretIds.inspect?.(input, state, ctx)).toBe('applied');
    });

    it('is only partly applied once somebody issued another', async () => {
      const {accessor} = await issueSecretId(vault.root, 'orders-mcp');
      const state = {secretIds: [accessor]};
      await destroySecretIds.execute(input, state, ctx);

      await issueSecretId(vault.root, 'orders-mcp');

      expect(await destroySecretIds.inspect?.(input, state, ctx)).toBe('partly');
    });
  });

  describe('issue-secret-id', () => {
    let base: string;
    const input = issueSecretIdAction.input.parse({role: 'orders-mcp', 'deliver-to': 'secret-id'});
    beforeEach(async () => {
      base = await mkdtemp(path.join(tmpdir(), 'offdrill-deliver-'));
      ctx = await vault.open({base});
      await ctx.connection.begin({maxDurationMs: 60_000}, signal);
      return () => rm(base, {recursive: true, force: true});
    });

    it('delivers a secret-id that logs in, to a file that nobody else may read', async () => {
      await writeFile(path.join(base, 'secret-id'), 'old', {mode: 0o644});
      expect(await issueSecretIdAction.inspect?.(input, undefined, ctx)).toBe('not-applied');

      await issueSecretIdAction.execute(input, undefined, ctx);

      const secretId = await readFile(path.join(base, 'secret-id'), 'utf8');
      const login = approleLogin.input.parse({role: 'orders-mcp', 'secret-id': secretId});
      expect(await approleLoginProbe.observe(login, ctx)).toMatchObject({state: 'allowed'});
      expect((await stat(path.join(base, 'secret-id'))).mode & 0o777).toBe(0o600);
      expect(await readdir(base)).toEqual(['secret-id']);
      expect(await issueSecretIdAction.inspect?.(input, undefined, ctx)).toBe('applied');
      expect(ctx.known.has(secretId)).toBe(true);
    });

    it('leaves one secret-id behind when it runs twice', async () => {
      await empty(ctx);

      await issueSecretIdAction.execute(input, undefined, ctx);
      await issueSecretIdAction.execute(input, undefined, ctx);

      expect(Object(await vault.root('LIST', 'auth/approle/role/orders-mcp/secret-id')).data.keys).toHaveLength(1);
      expect(await issueSecretIdAction.inspect?.(input, undefined, ctx)).toBe('applied');
    });

    it('leaves none behind that it could not deliver', async () => {
      await empty(ctx);
      const lost = {...input, 'deliver-to': 'no-such-folder/secret-id'};

      await expect(issueSecretIdAction.execute(lost, undefined, ctx)).rejects.toThrow(/Expected to deliver .*ENOENT/);

      expect(await vault.root('LIST', 'auth/approle/role/orders-mcp/secret-id').catch(String)).toContain('404');
    });

    it('outlives the run token that issued it', async () => {
      await issueSecretIdAction.execute(input, undefined, ctx);

      await ctx.connection.end(signal);

      const secretId = await readFile(path.join(base, 'secret-id'), 'utf8');
      const later = await vault.open();
      const login = approleLogin.input.parse({role: 'orders-mcp', 'secret-id': secretId});
      expect(await approleLoginProbe.observe(login, later)).toMatchObject({state: 'allowed'});
    });

    it('ends a lock that began during the run', async () => {
      await lockOut(vault);

      await issueSecretIdAction.execute(input, undefined, ctx);

      const secretId = await readFile(path.join(base, 'secret-id'), 'utf8');
      const login = approleLogin.input.parse({role: 'orders-mcp', 'secret-id': secretId});
      expect(await approleLoginProbe.observe(login, ctx)).toMatchObject({state: 'allowed'});
    });

    it('lets a lock be that is older than the run', async () => {
      await lockOut(vault);
      const later = await vault.open({base});
      await later.connection.begin({maxDurationMs: 60_000}, signal);

      await issueSecretIdAction.execute(input, undefined, later);

      const secretId = await readFile(path.join(base, 'secret-id'), 'utf8');
      const login = approleLogin.input.parse({role: 'orders-mcp', 'secret-id': secretId});
      expect(await approleLoginProbe.observe(login, later)).toMatchObject({state: 'indeterminate'});
      await unlockAll(vault);
    });

    it('keeps the mode of a folder and the file whole when writing fails', async () => {
      await writeFile(path.join(base, 'secret-id'), 'old');
      await chmod(base, 0o500);

      await issueSecretIdAction.execute(input, undefined, ctx).catch(() => undefined);
      await chmod(base, 0o700);

      expect(await readdir(base)).toEqual(['secret-id']);
    });
  });
});

async function livingTokens(vault: VaultLab): Promise<readonly string[]> {
  const {data} = await vault.root('LIST', 'auth/token/accessors');
  return Object(data).keys;
}
