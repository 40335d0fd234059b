import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {HeldProbe} from '../../../src/contract/operation.ts';
import {query} from '../../../src/drivers/postgres/query.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {contextOf, until} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {createMember, openConnection, startShop} from './shop.ts';

const {signal} = new AbortController();
let server: PostgresServer;
let session: PostgresSession;
let user: Awaited<ReturnType<typeof createMember>>;
const held: HeldProbe[] = [];

beforeAll(async () => {
  server = await startShop();
});
afterAll(() => server.stop());
beforeEach(async () => {
  session = await openConnection(server);
  user = await createMember(server);
});
afterEach(async () => {
  await Promise.all(held.splice(0).map((one) => one.close()));
  await session.close();
});

async function hold(sql: string, on: PostgresSession = session): Promise<HeldProbe> {
  const opened = await query.hold?.({as: user, sql}, contextOf(on));
  if (opened === undefined) throw new Error('not held');
  held.push(opened);
  return opened;
}

const drop = () => server.sql(`drop owned by "${user.username}"; drop role "${user.username}"`);
const terminate = () =>
  server.sql('select pg_terminate_backend(pid, 5000) from pg_stat_activity where usesysid = $1', [user.oid]);

describe('drivers/postgres/query held', () => {
  it('asks the same session again and again', async () => {
    const probe = await hold('select 1');

    await probe.observe(signal);
    await probe.observe(signal);

    expect(await server.sql('select 1 from pg_stat_activity where usesysid = $1', [user.oid])).toHaveLength(1);
  });

  it.each([
    ['ALTER ROLE PASSWORD', (name: string) => `alter role "${name}" password 'rotated'`],
    ['NOLOGIN', (name: string) => `alter role "${name}" nologin`],
    ['VALID UNTIL past', (name: string) => `alter role "${name}" valid until '2020-01-01'`],
    ['REVOKE CONNECT', () => 'revoke connect on database postgres from public'],
  ])('goes on answering after %s', async (_title, change) => {
    const probe = await hold('select * from own_grant');

    await server.sql(change(user.username));
    const observed = await probe.observe(signal);

    await server.sql('grant connect on database postgres to public');
    expect(observed).toMatchObject({state: 'allowed'});
  });

  it('goes on answering select 1 after its role was dropped', async () => {
    const probe = await hold('select 1');

    await drop();

    expect(await probe.observe(signal)).toMatchObject({state: 'allowed'});
  });

  it('reads PUBLIC tables, not its own grants, after its role was dropped', async () => {
    const [own, everybody, group] = [
      await hold('select * from own_grant'),
      await hold('select * from of_everybody'),
      await hold('select * from of_group'),
    ];

    await drop();

    expect(await own.observe(signal)).toEqual({state: 'denied', code: '42501', surface: 'disarmed'});
    expect(await everybody.observe(signal)).toMatchObject({state: 'allowed'});
    expect(await group.observe(signal)).toEqual({state: 'denied', code: '42501', surface: 'disarmed'});
  });

  it('is denied for good once its session was terminated (57P01)', async () => {
    const probe = await hold('select 1');
    await probe.observe(signal);

    await terminate();

    for (let asked = 0; asked < 3; asked += 1) {
      expect(await probe.observe(signal)).toEqual({state: 'denied', code: '57P01'});
    }
  });

  it('is denied when terminated in the middle of a question', async () => {
    const probe = await hold('select pg_sleep(60)');
    const observing = probe.observe(signal);
    await until(async () => (await sleeping()).length === 1);

    await terminate();

    expect(await observing).toEqual({state: 'denied', code: '57P01'});
    expect(await probe.observe(signal)).toEqual({state: 'denied', code: '57P01'});
  });

  it('proves nothing by a bare loss of the socket', async () => {
    const line = await relay(server.port);
    const through = await openConnection({host: '127.0.0.1', port: line.port});
    const probe = await hold('select 1', through);
    await probe.observe(signal);

    line.cut();
    await until(async () => (await probe.observe(signal)).state !== 'allowed');

    expect(await probe.observe(signal)).toMatchObject({state: 'indeterminate'});
    await drop();
    expect(await probe.observe(signal)).toMatchObject({state: 'indeterminate'});
  });

  it('stays open when a question takes longer than a sample', async () => {
    const probe = await hold('select pg_sleep(0.2)');

    expect(await probe.observe(AbortSignal.timeout(20))).toEqual({state: 'unreachable', code: 'TIMEOUT'});
    expect(await probe.observe(AbortSignal.timeout(20))).toEqual({state: 'unreachable', code: 'TIMEOUT'});
    expect(await probe.observe(signal)).toMatchObject({state: 'allowed'});
  });

  it('declares its session as the run’s own', async () => {
    const ctx = contextOf(session);

    const opened = await query.hold?.({as: user, sql: 'select 1'}, ctx);

    const [row] = await server.sql('select pid from pg_stat_activity where usesysid = $1', [user.oid]);
    expect(ctx.owns('session', String(row?.pid))).toBe(true);
    await opened?.close();
  });

  it('can not be opened with a refused login', async () => {
    await drop();

    await expect(hold('select 1')).rejects.toMatchObject({code: 'unauthenticated', detail: '28P01'});
  });
});

const sleeping = () =>
  server.sql(`select 1 from pg_stat_activity where usesysid = $1 and wait_event = 'PgSleep'`, [user.oid]);

/** A line to the server that can be cut as a network is: without a word. */
async function relay(port: number): Promise<{port: number; cut(): void}> {
  const sockets: Socket[] = [];
  const listener = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => undefined);
    sockets.push(near, far);
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    cut: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
