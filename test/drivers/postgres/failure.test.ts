import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {toDriverError} from '../../../src/drivers/postgres/failure.ts';
import {observeHeldRefusal, observeRefusal} from '../../../src/drivers/postgres/observe-failure.ts';
import {query} from '../../../src/drivers/postgres/query.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {contextOf, until} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {createMember, openConnection, openSession, startShop} from './shop.ts';

const {signal} = new AbortController();
let server: PostgresServer;
let session: PostgresSession;
let user: Awaited<ReturnType<typeof createMember>>;

beforeAll(async () => {
  server = await startShop();
});
afterAll(() => server.stop());
beforeEach(async () => {
  session = await openConnection(server);
  user = await createMember(server);
});
afterEach(() => session.close());

const observe = (sql = 'select 1') => query.observe({as: user, sql}, contextOf(session));
const failureOf = (sql = 'select 1') =>
  session.logIn(user, signal).then(
    (backend) => backend.query(sql).finally(() => backend.close()),
    (error: unknown) => Promise.reject(error),
  );
const hold = async (sql = 'select 1') => {
  const held = await query.hold?.({as: user, sql}, contextOf(session));
  if (held === undefined) throw new Error('not held');
  return held;
};

/** What the real server says. */
describe('drivers/postgres/failure', () => {
  it.each([
    ['28P01', 'a wrong password', `password 'another'`, {code: 'unauthenticated', retryable: false}],
    ['28P01', 'an expired password', `valid until '2020-01-01'`, {code: 'unauthenticated', retryable: false}],
    ['28000', 'NOLOGIN', 'nologin', {code: 'unauthenticated', retryable: false}],
    ['53300', 'too many connections', 'connection limit 0', {code: 'unavailable', retryable: true}],
  ])('tells %s: %s', async (detail, _title, clause, expected) => {
    await server.sql(`alter role "${user.username}" ${clause}`);

    await expect(failureOf()).rejects.toMatchObject({...expected, detail});
  });

  it.each([
    ['42501', 'a right that is missing', 'select * from pg_authid', {code: 'forbidden', retryable: false}],
    ['42704', 'a role that is not there', `select 'nobody'::regrole`, {code: 'not-found', retryable: false}],
    ['42P01', 'a table that is not there', 'select * from nowhere', {code: 'not-found', retryable: false}],
    ['25006', 'a change', 'create table t (id int)', {code: 'rejected', retryable: false}],
    ['57014', 'a statement that was cancelled', 'select pg_sleep(60)', {code: 'timeout', retryable: false}],
    ['55000', 'a state in which it can not be done', `select currval('unused')`, {code: 'conflict', retryable: false}],
  ])('tells %s: %s', async (detail, _title, sql, expected) => {
    await server.sql(`create sequence if not exists unused; grant usage on sequence unused to public;
      alter role "${user.username}" set statement_timeout = 300`);

    await expect(failureOf(sql)).rejects.toMatchObject({...expected, detail});
  });

  it('tells 3D000: a database that is not there', async () => {
    await session.close();
    session = await openConnection(server, {database: 'nowhere'});

    await expect(session.identify(signal)).rejects.toMatchObject({code: 'not-found', detail: '3D000'});
    expect(await observe()).toEqual({state: 'indeterminate', code: '3D000'});
  });

  it('tells 57P03: a server that shuts down takes no login, and refuses nobody', async () => {
    const {client, ended} = await openSession(server, user);
    const [row] = await server.sql(`select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`);
    await server.kill(Number(row?.pid), 'SIGTERM');
    await until(async () => (await observe()).state !== 'allowed');

    const observed = await observe();
    const failed: unknown = await failureOf().catch((error: unknown) => error);

    await client.end();
    await ended;
    await server.crash();
    await server.start();
    expect(observed).toEqual({state: 'indeterminate', code: '57P03'});
    expect(failed).toMatchObject({code: 'unavailable', detail: '57P03', retryable: true});
  });

  it('tells 57P02: the crash of another process ends a held session, and denies nothing', async () => {
    const held = await hold();
    const {pid, ended} = await openSession(server, user);

    await server.kill(pid, 'SIGKILL');
    await ended;
    await until(async () => (await held.observe(signal)).state !== 'allowed');

    const observed = await held.observe(signal);
    await until(async () => (await observe()).state === 'allowed');
    // The server says so and resets the connection at once: the reset may be there first.
    expect(observed).toEqual({state: 'indeterminate', code: expect.stringMatching(/^(57P02|connection-lost)$/)});
    expect(await held.observe(signal)).toEqual(observed);
    await held.close();
  });

  it('tells 57P05: a held session that timed out by itself is not denied', async () => {
    await server.sql(`alter role "${user.username}" set idle_session_timeout = 5`);
    const held = await hold();

    await until(async () => (await held.observe(signal)).state !== 'allowed');

    expect(await held.observe(signal)).toEqual({state: 'indeterminate', code: '57P05'});
    await held.close();
  });

  it('tells 57P01: in the middle of a new login’s question it denies nothing', async () => {
    const observing = observe('select pg_sleep(60)');
    await until(async () => {
      const rows = await server.sql(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usesysid = $1 and wait_event = 'PgSleep'`,
        [user.oid],
      );
      return rows.length === 1;
    });

    expect(await observing).toEqual({state: 'indeterminate', code: '57P01'});
  });
});

/** What it can not be made to say here. */
describe('drivers/postgres/failure by SQLSTATE', () => {
  const refusal = (code: string) =>
    toDriverError(Object.assign(new Error('value "s3cret" of somebody'), {code, severity: 'ERROR'}), 'the server');

  it.each([
    ['08P01', 'unavailable', 'indeterminate'],
    ['40001', 'conflict', 'indeterminate'],
    ['2BP01', 'conflict', 'indeterminate'],
    ['55P03', 'conflict', 'indeterminate'],
    ['53200', 'unavailable', 'indeterminate'],
    ['28001', 'unauthenticated', 'denied'],
    ['XX000', 'failed', 'indeterminate'],
  ])('reads %s as %s and a probe as %s', (sqlstate, code, state) => {
    const error = refusal(sqlstate);

    expect(error).toMatchObject({code, detail: sqlstate});
    expect(observeRefusal(error)).toEqual({state, code: sqlstate});
    expect(observeHeldRefusal(error)).toEqual({state, code: sqlstate});
    expect(error.message).not.toContain('s3cret');
  });
});
