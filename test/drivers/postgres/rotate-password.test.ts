import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {query} from '../../../src/drivers/postgres/query.ts';
import {issuePassword, rotatePassword} from '../../../src/drivers/postgres/rotate-password.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {contextOf, type TestContext} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {recordLine} from './record-line.ts';
import {createChangeable, openConnection, openSession, startShop, trust} from './shop.ts';

let server: PostgresServer;
let session: PostgresSession;
let user: Awaited<ReturnType<typeof createChangeable>>;
let base: string;
let ctx: TestContext<PostgresSession>;

beforeAll(async () => {
  server = await startShop();
});
afterAll(() => server.stop());
beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'offdrill-deliver-'));
  session = await openConnection(server);
  ctx = contextOf(session, {base});
  user = await createChangeable(server);
});
afterEach(async () => {
  await session.close();
  await rm(base, {recursive: true, force: true});
});

const given = () => ({role: user.username, 'deliver-to': 'password'});
const logIn = (password = user.password) =>
  query.observe({as: {username: user.username, password}, sql: 'select 1'}, ctx);
const delivered = () => readFile(path.join(base, 'password'), 'utf8');

describe('drivers/postgres/rotate-password', () => {
  const state = () => ({oid: user.oid});
  const inspect = () => rotatePassword.inspect?.(given(), state(), ctx);

  it('refuses the old password (28P01), and reads that back', async () => {
    expect(await rotatePassword.prepare?.(given(), ctx)).toEqual({oid: user.oid});

    await rotatePassword.execute(given(), state(), ctx);

    expect(await logIn()).toEqual({state: 'denied', code: '28P01'});
    expect(await inspect()).toBe('applied');
    expect(ctx.known.size).toBe(1);
  });

  it('leaves a held session working', async () => {
    const {client} = await openSession(server, user);

    await rotatePassword.execute(given(), state(), ctx);

    expect((await client.query('select 1 as one')).rows).toEqual([{one: 1}]);
    await client.end();
  });

  it('is safe to run twice', async () => {
    await rotatePassword.execute(given(), state(), ctx);
    await rotatePassword.execute(given(), state(), ctx);

    expect(await inspect()).toBe('applied');
    expect(ctx.known.size).toBe(1);
  });

  it('is not applied once somebody set another password', async () => {
    await rotatePassword.execute(given(), state(), ctx);

    await server.sql(`alter role "${user.username}" password 'by-hand'`);

    expect(await inspect()).toBe('not-applied');
  });

  it('says unknown where it did not set the password itself', async () => {
    expect(await inspect()).toBe('unknown');
  });

  it('says unknown where the password has expired', async () => {
    await rotatePassword.execute(given(), state(), ctx);

    await server.sql(`alter role "${user.username}" valid until '2020-01-01'`);

    expect(await inspect()).toBe('unknown');
  });

  it.each([
    ['NOLOGIN', 'nologin'],
    ['CONNECTION LIMIT 0', 'connection limit 0'],
  ])('is told apart from a wrong password despite %s', async (_title, clause) => {
    await server.sql(`alter role "${user.username}" ${clause}`);
    await rotatePassword.execute(given(), state(), ctx);

    expect(await inspect()).toBe('applied');
    await server.sql(`alter role "${user.username}" password 'by-hand'`);
    expect(await inspect()).toBe('not-applied');
  });

  it('is told where only the database is closed', async () => {
    await rotatePassword.execute(given(), state(), ctx);
    await server.sql('revoke connect on database postgres from public; grant connect on database postgres to offdrill');

    const found = await inspect();

    await server.sql('grant connect on database postgres to public');
    expect(found).toBe('applied');
  });

  it('sends a verifier, so that no statement holds the password', async () => {
    const line = await recordLine(server.port);
    const through = contextOf(await openConnection({host: '127.0.0.1', port: line.port}));

    await rotatePassword.execute(given(), state(), through);

    const found = await rotatePassword.inspect?.(given(), state(), through);
    await through.connection.close();
    const [password = 'none'] = through.known.keys();
    expect(found).toBe('applied');
    expect(line.sent()).toMatch(/alter role .* password 'SCRAM-SHA-256\$/);
    expect(line.sent()).not.toContain(password);
  });

  it('is rolled back by issue-password, to the same file', () => {
    expect(rotatePassword.rollback?.uses).toBe('postgres/issue-password');
    expect(rotatePassword.rollback?.with(given(), state())).toEqual(given());
  });

  it('does not begin without a way back', async () => {
    const lost = {...given(), 'deliver-to': 'no-such-folder/password'};

    await expect(rotatePassword.prepare?.(lost, ctx)).rejects.toMatchObject({code: 'failed', detail: 'ENOENT'});
    expect(rotatePassword.input.safeParse({role: user.username}).success).toBe(false);
  });

  it('refuses a role that it must not change', async () => {
    const own = {...given(), role: 'offdrill'};

    await expect(rotatePassword.prepare?.(own, ctx)).rejects.toMatchObject({detail: 'own-role'});
    await expect(issuePassword.prepare?.(own, ctx)).rejects.toMatchObject({detail: 'own-role'});
  });
});

describe('drivers/postgres/issue-password', () => {
  const state = () => ({oid: user.oid});
  const inspect = () => issuePassword.inspect?.(given(), state(), ctx);

  it('delivers a password that logs in, to a file that nobody else may read', async () => {
    await writeFile(path.join(base, 'password'), user.password, {mode: 0o644});
    await rotatePassword.execute(given(), state(), ctx);
    expect(await inspect()).toBe('not-applied');

    await issuePassword.execute(given(), state(), ctx);

    expect(await logIn(await delivered())).toMatchObject({state: 'allowed'});
    expect(await logIn()).toEqual({state: 'denied', code: '28P01'});
    expect((await stat(path.join(base, 'password'))).mode & 0o777).toBe(0o600);
    expect(await readdir(base)).toEqual(['password']);
    expect(ctx.known.has(await delivered())).toBe(true);
    expect(await inspect()).toBe('applied');
  });

  it('is safe to run twice', async () => {
    await issuePassword.execute(given(), state(), ctx);
    const first = await delivered();

    await issuePassword.execute(given(), state(), ctx);

    expect(await logIn(first)).toMatchObject({state: 'denied'});
    expect(await inspect()).toBe('applied');
  });

  it('changes nothing where it can not deliver', async () => {
    const lost = {...given(), 'deliver-to': 'no-such-folder/password'};

    await expect(issuePassword.execute(lost, state(), ctx)).rejects.toMatchObject({code: 'failed', detail: 'ENOENT'});

    expect(await logIn()).toMatchObject({state: 'allowed'});
    expect(await issuePassword.inspect?.(lost, state(), ctx)).toBe('not-applied');
  });

  it('is not applied where the role could not be changed', async () => {
    await server.sql(`revoke "${user.username}" from offdrill`);

    await expect(issuePassword.execute(given(), state(), ctx)).rejects.toMatchObject({code: 'forbidden'});

    expect(await inspect()).toBe('not-applied');
    expect(await logIn()).toMatchObject({state: 'allowed'});
  });

  it('proves nothing by a server that trusts whoever comes', async () => {
    await issuePassword.execute(given(), state(), ctx);
    const distrust = await trust(server, user.username);

    const found = await inspect();

    await distrust();
    expect(found).toBe('unknown');
    expect(await inspect()).toBe('applied');
  });

  it('logs in as the role, under the name of the run', async () => {
    await issuePassword.execute(given(), state(), ctx);
    const line = await recordLine(server.port);
    const through = contextOf(await openConnection({host: '127.0.0.1', port: line.port}), {base});

    await issuePassword.inspect?.(given(), state(), through);

    await through.connection.close();
    const logins = line.sent().split(`user\0${user.username}\0`);
    expect(logins).toHaveLength(3);
    expect(logins[1]).toContain('application_name\0offdrill-run-of-test\0');
  });
});
