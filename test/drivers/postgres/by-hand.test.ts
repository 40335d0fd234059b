import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {connection} from '../../../src/drivers/postgres/connection.ts';
import {grantLogin, revokeLogin} from '../../../src/drivers/postgres/revoke-login.ts';
import {issuePassword} from '../../../src/drivers/postgres/rotate-password.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {knownInput} from '../../../src/plan/known-input.ts';
import {runLines} from '../../fixtures/drivers/run-lines.ts';
import {contextOf, type TestContext} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {reference} from '../../run/fake-drill.ts';
import {folderWithPsql} from './psql.ts';
import {createChangeable, openConnection, startShop} from './shop.ts';

/** The lines as a person runs them, on a real server. */
describe('drivers/postgres by hand', () => {
  let server: PostgresServer;
  let session: PostgresSession;
  let ctx: TestContext<PostgresSession>;
  let base: string;
  let folder: string;
  beforeAll(async () => {
    server = await startShop();
    folder = await folderWithPsql();
  });
  afterAll(async () => {
    await rm(folder, {recursive: true, force: true});
    await server.stop();
  });
  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), "it's by hand-"));
    session = await openConnection(server);
    ctx = contextOf(session, {base});
  });
  afterEach(async () => {
    await session.close();
    await rm(base, {recursive: true, force: true});
  });

  const at = () => ({
    base,
    connection: knownInput(connection.input, {
      address: `${server.host}:${server.port}`,
      database: 'postgres',
      user: 'offdrill',
      password: reference('secrets.db-admin'),
    }),
  });
  const follow = (lines: readonly string[] = [], password = 'operator-password') =>
    // What the environment names is not where the lines go.
    runLines(lines, {
      folder,
      env: {PGPASSWORD: password, PGHOST: '127.0.0.2', PGPORT: '1', PGSERVICE: 'other', HOME: base},
    });

  it.each([
    ['a plain name', undefined],
    ['a name that needs every quote', `o'rders "mcp" \\ $x %s`],
  ])('lets a role of %s log in', async (_how, name) => {
    const {username: role, oid} = await createChangeable(server, name);
    await revokeLogin.execute({role}, {oid}, ctx);
    expect(await grantLogin.inspect?.({role}, {oid}, ctx)).toBe('not-applied');

    const {exitCode, stdout, stderr} = await follow(grantLogin.byHand?.({role}, at()));

    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
    expect(stdout).toBe('Done: the role has LOGIN.\n');
    expect(await grantLogin.inspect?.({role}, {oid}, ctx)).toBe('applied');
  });

  it('does not say that it is done for a role that is not there', async () => {
    const {exitCode, stdout} = await follow(grantLogin.byHand?.({role: 'nobody-of-this-name'}, at()));

    expect({exitCode: exitCode === 0, stdout}).toEqual({exitCode: false, stdout: ''});
  });

  it.each([
    ['a plain name', undefined],
    ['a name that needs every quote', `p'rders "mcp" \\ $x %s`],
  ])('gives a role of %s a password that is in a file alone', async (_how, name) => {
    const {username: role, oid} = await createChangeable(server, name);
    await writeFile(path.join(base, 'password'), 'old', {mode: 0o644});
    const input = {role, 'deliver-to': 'password'};
    expect(await issuePassword.inspect?.(input, {oid}, ctx)).toBe('not-applied');

    const {exitCode, stdout, stderr} = await follow(issuePassword.byHand?.(input, at()));

    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
    expect(stdout).toBe(`${role}\nDone: this role logs in with the password that is delivered.\n`);
    expect(await issuePassword.inspect?.(input, {oid}, ctx)).toBe('applied');
    expect(await readFile(path.join(base, 'password'), 'utf8')).toMatch(/^[0-9a-f]{64}$/);
    expect((await stat(path.join(base, 'password'))).mode & 0o777).toBe(0o600);
    expect(await readdir(base)).toEqual(['password']);
  });

  it('stops where the server does not let the operator in', async () => {
    const {username: role, oid} = await createChangeable(server);
    await revokeLogin.execute({role}, {oid}, ctx);

    const {exitCode, stdout, stderr} = await follow(grantLogin.byHand?.({role}, at()), 'not-its-password');

    expect({exitCode: exitCode === 0, stdout}).toEqual({exitCode: false, stdout: ''});
    expect(stderr).toContain('password authentication failed');
  });
});
