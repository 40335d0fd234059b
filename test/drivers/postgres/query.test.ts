import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {holdsSecret} from '../../../src/contract/secret.ts';
import {query} from '../../../src/drivers/postgres/query.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {contextOf} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {createMember, openConnection, startShop} from './shop.ts';

type User = Awaited<ReturnType<typeof createMember>>;

let server: PostgresServer;
let session: PostgresSession;
let user: User;

beforeAll(async () => {
  server = await startShop();
});
afterAll(() => server.stop());
beforeEach(async () => {
  session = await openConnection(server);
  user = await createMember(server);
});
afterEach(() => session.close());

const observe = (sql = 'select 1', as: {username: string; password: string} | undefined = user) =>
  query.observe(query.input.parse({...(as && {as}), sql}), contextOf(session));

describe('drivers/postgres/query', () => {
  it('is allowed with rows, and without', async () => {
    expect(await observe('select 1')).toEqual({state: 'allowed', code: 'ok'});
    expect(await observe('select * from own_grant')).toEqual({state: 'allowed', code: 'ok'});
  });

  it('logs in as the given user, under the name of the run', async () => {
    const text = `select 1 / (current_user = '${user.username}' and current_setting('application_name') = 'offdrill-run-of-test')::int`;

    expect(await observe(text)).toMatchObject({state: 'allowed'});
  });

  it("logs in as the connection's own user where none is given", async () => {
    const observed = await query.observe({sql: `select 1 / (current_user = 'offdrill')::int`}, contextOf(session));

    expect(observed).toMatchObject({state: 'allowed'});
  });

  it.each([
    ['ALTER ROLE PASSWORD', (name: string) => `alter role "${name}" password 'rotated'`, '28P01'],
    ['DROP ROLE', (name: string) => `drop owned by "${name}"; drop role "${name}"`, '28P01'],
  ])('is denied a new login for good after %s', async (_title, change, code) => {
    await server.sql(change(user.username));

    expect(await observe('select * from own_grant')).toEqual({state: 'denied', code});
  });

  it.each([
    ['NOLOGIN', (name: string) => `alter role "${name}" nologin`, '28000'],
    ['VALID UNTIL past', (name: string) => `alter role "${name}" valid until '2020-01-01'`, '28P01'],
    ['REVOKE SELECT', (name: string) => `revoke select on own_grant from "${name}"`, '42501'],
  ])('is denied and disarmed after %s, since the password is as good as before', async (_title, change, code) => {
    await server.sql(change(user.username));

    expect(await observe('select * from own_grant')).toEqual({state: 'denied', code, surface: 'disarmed'});
  });

  it('is denied a database after REVOKE CONNECT', async () => {
    await server.sql('revoke connect on database postgres from public; grant connect on database postgres to offdrill');

    const observed = await observe();

    await server.sql('grant connect on database postgres to public');
    expect(observed).toEqual({state: 'denied', code: '42501', surface: 'disarmed'});
  });

  it('lets an owner in after DROP ROLE failed (2BP01)', async () => {
    await server.sql(`create table if not exists owned (id int); alter table owned owner to "${user.username}"`);

    await expect(server.sql(`drop role "${user.username}"`)).rejects.toMatchObject({code: '2BP01'});

    expect(await observe()).toMatchObject({state: 'allowed'});
  });

  it('is indeterminate when the user has too many connections', async () => {
    await server.sql(`alter role "${user.username}" connection limit 0`);

    expect(await observe()).toEqual({state: 'indeterminate', code: '53300'});
  });

  it('is indeterminate for a database or table that does not exist', async () => {
    expect(await observe('select * from nowhere')).toEqual({state: 'indeterminate', code: '42P01'});
  });

  it('never writes', async () => {
    await server.sql(`grant insert on own_grant to "${user.username}"`);

    expect(await observe('insert into own_grant values (1)')).toEqual({state: 'indeterminate', code: '25006'});
    expect(await observe('select 1; delete from own_grant')).toEqual({state: 'indeterminate', code: '42601'});
  });

  it('is unreachable while the server is down', async () => {
    await server.crash();

    const observed = await observe();

    await server.start();
    expect(observed).toEqual({state: 'unreachable', code: 'ECONNREFUSED'});
  });

  it('is unreachable where TLS is asked for in vain', async () => {
    const nowhere = await openConnection({host: '127.0.0.1', port: server.port}, {tls: 'require'});

    const observed = await query.observe({sql: 'select 1'}, contextOf(nowhere));

    expect(observed).toEqual({state: 'unreachable', code: 'TLS'});
  });

  it('is unreachable when its time is over', async () => {
    const limit = AbortSignal.timeout(50);

    const observed = await query.observe({as: user, sql: 'select pg_sleep(60)'}, contextOf(session, {signal: limit}));

    expect(observed).toEqual({state: 'unreachable', code: 'TIMEOUT'});
  });

  it('leaves no session behind', async () => {
    await observe();

    const left = await server.sql('select 1 from pg_stat_activity where usesysid = $1', [user.oid]);
    expect(left).toEqual([]);
  });

  it('takes a captured credential with its lease, and knows its secret', () => {
    const parsed = query.input.parse({as: {...user, lease: 'database/creds/x/y'}, sql: 'select 1'});

    expect(parsed.as).toEqual({username: user.username, password: user.password});
    expect(holdsSecret(query.input)).toBe(true);
  });
});
