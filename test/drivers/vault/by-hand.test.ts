import {mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {findBao} from '../../../lab/find-bao.ts';
import type {Action} from '../../../src/contract/operation.ts';
import {connection} from '../../../src/drivers/vault/connection.ts';
import {disableEntity, enableEntity} from '../../../src/drivers/vault/disable-entity.ts';
import {issueSecretIdAction} from '../../../src/drivers/vault/issue-secret-id.ts';
import {rotateStaticRole} from '../../../src/drivers/vault/rotate-static-role.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {restorePolicy, tightenPolicy} from '../../../src/drivers/vault/tighten-policy.ts';
import {writeKvVersion} from '../../../src/drivers/vault/write-kv-version.ts';
import {knownInput} from '../../../src/plan/known-input.ts';
import {runLines} from '../../fixtures/drivers/run-lines.ts';
import {type TestContext, until} from '../../helpers/context.ts';
import {reference} from '../../run/fake-drill.ts';
import {empty} from './staging.ts';
import {startVaultLab, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);

/** The lines as a person runs them, with the program of the server, on the lab's real server. */
describe('drivers/vault by hand', () => {
  let vault: VaultLab;
  let ctx: TestContext<VaultSession>;
  let base: string;
  let folder: string;
  beforeAll(async () => {
    vault = await startVaultLab({variant: 'static'});
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-programs-'));
    await symlink(await findBao(process.env, () => undefined), path.join(folder, 'vault'));
  });
  afterAll(async () => {
    await rm(folder, {recursive: true, force: true});
    await vault?.down();
  });
  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), "it's by hand-"));
    ctx = await vault.open({base});
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
  });
  afterEach(async () => {
    await ctx.connection.close();
    await rm(base, {recursive: true, force: true});
  });

  const linesOf = <I, S>(action: Action<I, S, VaultSession>, input: object): readonly string[] =>
    action.byHand?.(knownInput(action.input, {...input}) as I, {
      connection: knownInput(connection.input, {address: vault.address, token: reference('secrets.vault-token')}),
      base,
    }) ?? [];
  const follow = (lines: readonly string[], {token = vault.operatorToken, input = ''} = {}) =>
    runLines(lines, {
      folder,
      input,
      // What the environment names is not where the lines go.
      env: {
        VAULT_TOKEN: token,
        BAO_ADDR: 'http://127.0.0.1:1',
        VAULT_ADDR: 'http://127.0.0.1:1',
        VAULT_NAMESPACE: 'x',
        HOME: base,
      },
    });

  it("ends the run's token by its accessor, and is not done where it may not", async () => {
    const place = {connection: knownInput(connection.input, {address: vault.address}), base};
    const lines = connection.endByHand?.({accessor: ctx.connection.runAccessor ?? '', nonce: 'n'}, place) ?? [];

    const forbidden = await follow(lines, {token: 'of nobody'});
    const livesOn = await ctx.connection.control(signal);
    const {exitCode, stdout, stderr} = await follow(lines);

    expect(forbidden.exitCode).not.toBe(0);
    expect(forbidden.stdout).not.toContain('Done');
    expect(livesOn).toBe(true);
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
    expect(stdout).toContain("Done: the run's token is revoked.");
    expect(await ctx.connection.control(signal)).toBe(false);
  });

  it('issues a secret-id and delivers it to a file that nobody else may read', async () => {
    await empty(ctx);
    await mkdir(path.join(base, 'app'));
    await writeFile(path.join(base, 'app', 'secret-id'), 'old', {mode: 0o644});
    const input = issueSecretIdAction.input.parse({role: 'orders-mcp', 'deliver-to': 'app/secret-id'});
    expect(await issueSecretIdAction.inspect?.(input, undefined, ctx)).toBe('not-applied');

    const {exitCode, stdout, stderr} = await follow(linesOf(issueSecretIdAction, input));

    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
    expect(await issueSecretIdAction.inspect?.(input, undefined, ctx)).toBe('applied');
    const secretId = await readFile(path.join(base, 'app', 'secret-id'), 'utf8');
    expect(secretId).toMatch(/^[0-9a-f-]{36}$/);
    expect(stdout).toMatch(/^[0-9a-f-]{36}\nDone: /);
    expect(stdout).not.toContain(secretId);
    expect((await stat(path.join(base, 'app', 'secret-id'))).mode & 0o777).toBe(0o600);
    expect(await readdir(path.join(base, 'app'))).toEqual(['secret-id']);
  });

  it('keeps the old file and says so where it may not issue', async () => {
    await writeFile(path.join(base, 'secret-id'), 'old');

    const {exitCode, stdout, stderr} = await follow(
      linesOf(issueSecretIdAction, {role: 'orders-mcp', 'deliver-to': 'secret-id'}),
      {
        token: 'no-such-token',
      },
    );

    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('permission denied');
    expect(stdout).not.toContain('Done');
    expect(await readFile(path.join(base, 'secret-id'), 'utf8')).toBe('old');
  });

  it('issues nothing where a folder stands in the way of the file', async () => {
    await empty(ctx);
    await mkdir(path.join(base, 'secret-id'));

    const {exitCode, stderr} = await follow(
      linesOf(issueSecretIdAction, {role: 'orders-mcp', 'deliver-to': 'secret-id'}),
    );

    expect({exitCode, stderr}).toEqual({exitCode: 1, stderr: expect.stringContaining('is a folder')});
    expect(await readdir(base, {recursive: true})).toEqual(['secret-id']);
    await expect(vault.root('LIST', 'auth/approle/role/orders-mcp/secret-id')).rejects.toThrow('404');
  });

  it('does not take a secret-id that is gone for one that is delivered', async () => {
    const lines = linesOf(issueSecretIdAction, {role: 'orders-mcp', 'deliver-to': 'secret-id'});
    const broken = lines.map((line) => (line.includes('-f -field=secret_id') ? '  echo not-one > "$file.part"' : line));

    const {exitCode, stdout} = await follow(broken);

    expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: ''});
  });

  it.each(['id', 'name', 'approle'] as const)('enables an entity that is known by its %s', async (key) => {
    await vault.logIn('orders-mcp');
    const byRole = disableEntity.input.parse({approle: 'orders-mcp'});
    const root = await vault.open({base, token: vault.lab.rootToken()});
    const state = (await disableEntity.prepare?.(byRole, root)) ?? {id: ''};
    const {data} = Object(await vault.root('GET', `identity/entity/id/${state.id}`));
    await disableEntity.execute(byRole, state, root);
    const input = {id: {id: state.id}, name: {name: String(data.name)}, approle: {approle: 'orders-mcp'}}[key];

    const {exitCode, stdout} = await follow(linesOf(enableEntity, input), {token: vault.lab.rootToken()});

    expect({exitCode, done: stdout.includes(`Done: entity ${state.id} is enabled.`)}).toEqual({
      exitCode: 0,
      done: true,
    });
    expect(await enableEntity.inspect?.(enableEntity.input.parse(input), state, root)).toBe('applied');
    await root.connection.close();
  });

  describe('restore-policy', () => {
    const rules = '\n# it\'s 100% "quoted" \\n $HOME `id` !x\npath "secret/*" {\n\tcapabilities = ["read"]\n}\n\n';
    let root: TestContext<VaultSession>;
    let input: Record<string, unknown>;
    beforeEach(async () => {
      root = await vault.open({base, token: vault.lab.rootToken()});
      await vault.root('PUT', 'sys/policies/acl/reader', {policy: rules});
      const tighten = tightenPolicy.input.parse({policy: 'reader'});
      const state = await tightenPolicy.prepare?.(tighten, root);
      if (state === undefined) throw new Error('nothing was prepared');
      await tightenPolicy.execute(tighten, state, root);
      input = {...tightenPolicy.rollback?.with(tighten, state)};
      return () => root.connection.close();
    });
    const inspect = () => restorePolicy.inspect?.(restorePolicy.input.parse({...input, rules}), undefined, root);

    it('puts the rules back as they were, also a second time', async () => {
      expect(await inspect()).toBe('not-applied');

      for (const lines of [linesOf(restorePolicy, input), linesOf(restorePolicy, input)]) {
        const {exitCode, stderr} = await follow(lines, {token: vault.lab.rootToken()});

        expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
        expect(await inspect()).toBe('applied');
      }
    });

    it('leaves what somebody has changed meanwhile', async () => {
      await vault.root('PUT', 'sys/policies/acl/reader', {policy: 'path "a" { capabilities = ["deny"] }'});

      const {exitCode, stderr} = await follow(linesOf(restorePolicy, input), {token: vault.lab.rootToken()});

      expect({exitCode, stderr: stderr.includes('Somebody has changed the policy')}).toEqual({
        exitCode: 1,
        stderr: true,
      });
      expect(await inspect()).toBe('partly');
    });

    it.each(['lost', 'redacted'])('asks for the file with the rules where they are %s', async (how) => {
      const {rules: _rules, ...others} = input;
      const known = how === 'lost' ? others : {...input, rules: '[redacted]'};
      await writeFile(path.join(base, 'kept.hcl'), rules);

      const {exitCode} = await follow(linesOf(restorePolicy, known), {
        token: vault.lab.rootToken(),
        input: path.join(base, 'kept.hcl\n'),
      });

      expect(exitCode).toBe(0);
      expect(await inspect()).toBe('applied');
    });
  });

  it('rotates a static role', async () => {
    const input = rotateStaticRole.input.parse({role: 'orders-static'});
    const state = (await rotateStaticRole.prepare?.(input, ctx)) ?? {rotatedAt: ''};

    const {exitCode, stdout} = await follow(linesOf(rotateStaticRole, input));

    expect({exitCode, done: stdout.includes('Done: the password was changed')}).toEqual({exitCode: 0, done: true});
    expect(await rotateStaticRole.inspect?.(input, state, ctx)).toBe('applied');
  });

  it('writes a secret that is typed, and shows it nowhere', async () => {
    await vault.root('POST', 'sys/mounts/secret', {type: 'kv', options: {version: '2'}});
    const root = await vault.open({base, token: vault.lab.rootToken()});
    // An engine that was just mounted is not ready at once.
    const write = () => vault.root('POST', 'secret/data/orders/upstream', {data: {key: 'first'}});
    await until(() =>
      write().then(
        () => true,
        () => false,
      ),
    );
    const value = 'it\'s "the" $second\\n value';
    const input = writeKvVersion.input.parse({path: 'orders/upstream', field: 'key', value});
    const state = (await writeKvVersion.prepare?.(input, root)) ?? {current: 0};

    const lines = linesOf(writeKvVersion, {...input, value: reference('secrets.new-key')});
    const {exitCode, stdout, stderr} = await follow(lines, {token: vault.lab.rootToken(), input: `${value}\n`});

    expect({exitCode, stdout: stdout.includes('Done: version 2 holds it.')}).toEqual({exitCode: 0, stdout: true});
    expect(`${stdout}${stderr}`).not.toContain('second');
    expect(Object(await vault.root('GET', 'secret/data/orders/upstream')).data.data).toEqual({key: value});
    root.own('kv-version', 'secret/data/orders/upstream#2');
    expect(await writeKvVersion.inspect?.(input, state, root)).toBe('applied');
    await root.connection.close();
  });

  it('never tells a value that is known already', () => {
    const lines = linesOf(writeKvVersion, {path: 'orders/upstream', field: 'key', value: 'a-known-secret'});

    expect(lines.join('\n')).not.toContain('a-known-secret');
    expect(lines.join('\n')).toContain('IFS= read -r');
  });
});
