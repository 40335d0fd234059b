import {once} from 'node:events';
import {createServer, type Socket} from 'node:net';
import {afterAll, afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {until} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {openConnection, startShop} from './shop.ts';

const {signal} = new AbortController();
let server: PostgresServer;
let session: PostgresSession;

beforeAll(async () => {
  server = await startShop();
});
afterAll(() => server.stop());
afterEach(async () => {
  vi.unstubAllEnvs();
  await session.close();
});

const ownSessions = () =>
  server.sql(`select pid, application_name from pg_stat_activity where usename = 'offdrill' order by pid`);

describe('drivers/postgres/session', () => {
  it('tells cluster, product and version', async () => {
    session = await openConnection(server);

    const identity = await session.identify(signal);

    expect(identity).toEqual({cluster: 'offdrill-test', product: 'PostgreSQL', version: expect.stringMatching(/^\d+/)});
  });

  it('tells the time of the server', async () => {
    session = await openConnection(server);

    const before = Date.now();
    const time = await session.serverTime(signal);

    expect(time).toBeGreaterThanOrEqual(before - 1);
    expect(time).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('heeds no variable of the environment', async () => {
    const poison = {
      PGHOST: 'nowhere.invalid',
      PGPORT: '1',
      PGUSER: 'vault',
      PGPASSWORD: 'wrong',
      PGDATABASE: 'nowhere',
      PGOPTIONS: '-c cluster_name=forged -c search_path=nowhere',
      PGAPPNAME: 'forged',
      PGREPLICATION: 'database',
      PGSSLMODE: 'require',
      PGSSLNEGOTIATION: 'direct',
      PGCLIENT_ENCODING: 'LATIN1',
      PGCONNECT_TIMEOUT: '1',
      PGBINARY: '1',
      PGPASSFILE: '/nowhere',
    };
    for (const [name, value] of Object.entries(poison)) vi.stubEnv(name, value);
    session = await openConnection(server);

    const identity = await session.identify(signal);
    vi.unstubAllEnvs();

    expect(identity).toMatchObject({cluster: 'offdrill-test'});
    expect(await ownSessions()).toMatchObject([{application_name: 'offdrill-run-of-test'}]);
  });

  it('asks its control over another session than the work', async () => {
    session = await openConnection(server);
    await session.identify(signal);

    expect(await session.control(signal)).toBe(true);
    expect(await session.control(signal)).toBe(true);
    expect(await ownSessions()).toHaveLength(2);
    expect(session.ownPids).toHaveLength(2);
  });

  it('opens a lost control session at the next asking', async () => {
    session = await openConnection(server);
    await session.control(signal);

    await server.sql(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'offdrill'`);

    expect(await session.control(signal)).toBe(false);
    expect(await session.control(signal)).toBe(true);
  });

  it('opens a lost work session again', async () => {
    session = await openConnection(server);
    await session.identify(signal);
    const [before] = session.ownPids;

    await server.sql(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'offdrill'`);
    await until(async () => (await session.identify(signal).catch(() => undefined)) !== undefined);

    expect(session.ownPids).not.toContain(before);
  });

  it('holds no control over a server that is gone', async () => {
    session = await openConnection(server);
    await session.control(signal);

    await server.crash();

    expect(await session.control(signal)).toBe(false);
    expect(await session.control(signal)).toBe(false);
    await expect(session.identify(signal)).rejects.toMatchObject({code: 'unreachable', detail: 'ECONNREFUSED'});
    await server.start();
    expect(await session.control(signal)).toBe(true);
  });

  it('names the rights that its user lacks', async () => {
    session = await openConnection(server, {user: 'vault', password: 'vault-password'});
    const member = {path: 'orders_mcp_users', capabilities: ['member']};
    const stats = {path: 'pg_read_all_stats', capabilities: ['member']};
    const nowhere = {path: 'no_such_role', capabilities: ['member']};

    expect(await session.missing([member, stats, nowhere], signal)).toEqual([stats, nowhere]);
  });

  it('lacks no right as a superuser', async () => {
    session = await openConnection(server, server.superuser);

    expect(await session.missing([{path: 'pg_signal_backend', capabilities: ['member']}], signal)).toEqual([]);
  });

  it('takes TLS that was asked for, or nothing', async () => {
    session = await openConnection(server, {tls: 'require'});

    await expect(session.identify(signal)).rejects.toMatchObject({code: 'unreachable', detail: 'TLS'});
  });

  it.each([
    ['never speaks', () => undefined, {code: 'timeout', detail: 'TIMEOUT'}],
    ['hangs up', (socket: Socket) => socket.end(), {code: 'unreachable', detail: 'connection-lost'}],
    [
      'resets the connection',
      (socket: Socket) => socket.resetAndDestroy(),
      {code: 'unreachable', detail: 'ECONNRESET'},
    ],
    ['speaks something else', (socket: Socket) => socket.write(Buffer.from('X\0\0\0\x04')), {code: 'protocol'}],
    ['asks for Kerberos', (socket: Socket) => socket.write(Buffer.from('R\0\0\0\x08\0\0\0\x07')), {code: 'protocol'}],
  ])('tells a server that %s', async (_title, answer, expected) => {
    const fake = createServer((socket) => socket.on('error', () => undefined).once('data', () => answer(socket)));
    await once(fake.listen(0, '127.0.0.1'), 'listening');
    const address = fake.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    session = await openConnection({host: '127.0.0.1', port}, {timeout: '200ms'});

    await expect(session.identify(signal)).rejects.toMatchObject(expected);

    fake.close();
  });

  it('tells a refused login without its password', async () => {
    session = await openConnection(server, {password: 'a-wrong-password'});

    const error: unknown = await session.identify(signal).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({code: 'unauthenticated', detail: '28P01', retryable: false});
    expect(String(error)).not.toContain('a-wrong-password');
  });

  it('leaves no session behind when closed', async () => {
    session = await openConnection(server);
    await Promise.all([session.identify(signal), session.serverTime(signal), session.control(signal)]);

    await session.close();

    await until(async () => (await ownSessions()).length === 0);
  });
});
