import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {ownedObjects} from '../../../src/drivers/postgres/owned-objects.ts';
import {query} from '../../../src/drivers/postgres/query.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {contextOf} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {createMember, openConnection, startShop} from './shop.ts';

const {signal} = new AbortController();
let server: PostgresServer;
let session: PostgresSession;
let user: Awaited<ReturnType<typeof createMember>>;

beforeAll(async () => {
  server = await startShop();
  await server.sql('create database warehouse');
});
afterAll(() => server.stop());
beforeEach(async () => {
  session = await openConnection(server);
  user = await createMember(server);
});
afterEach(() => session.close());

const observe = () =>
  ownedObjects.observe({roles: {roles: [{oid: user.oid, name: user.username}]}}, contextOf(session));

/** As Vault revokes a user by default: what is granted in the connection's database, then the role. */
async function revokeAsVault(): Promise<string> {
  const {username} = user;
  await server.sql(`revoke all privileges on all tables in schema public from "${username}";
    revoke all privileges on all sequences in schema public from "${username}";
    revoke usage on schema public from "${username}"; revoke connect on database postgres from "${username}"`);
  return server.sql(`drop role "${username}"`).then(
    () => 'dropped',
    (error: unknown) => String(Object(error).code),
  );
}

describe('drivers/postgres/owned-objects', () => {
  it('is denied where grants in its own database are all there is', async () => {
    await server.sql(`grant usage on schema public to "${user.username}" with grant option;
      grant connect on database postgres to "${user.username}"`);

    expect(await observe()).toEqual({state: 'denied', code: 'none', facts: {owned: 0, granted: 0}});
    expect(await revokeAsVault()).toBe('dropped');
    expect(await observe()).toMatchObject({state: 'denied', code: 'none'});
  });

  it.each([
    ['a table', (name: string) => `create table "t-${name}" (id int); alter table "t-${name}" owner to "${name}"`],
    ['a database', (name: string) => `create database "d-${name}" owner "${name}"`],
    [
      'default privileges',
      (name: string) => `alter default privileges for role "${name}" grant select on tables to public`,
    ],
  ])('is allowed while the role owns %s (2BP01)', async (_title, change) => {
    await server.sql(change(user.username));

    expect(await observe()).toEqual({state: 'allowed', code: 'owns', facts: {owned: 1, granted: 0}});
    expect(await revokeAsVault()).toBe('2BP01');
    expect(await observe()).toMatchObject({state: 'allowed', code: 'owns'});
  });

  it.each([
    ['on another database', (name: string) => `grant connect on database warehouse to "${name}"`],
    [
      'on a function',
      (name: string) => `create function "f-${name}"() returns int language sql return 1;
      revoke all on function "f-${name}"() from public; grant execute on function "f-${name}"() to "${name}"`,
    ],
    ['of a setting', (name: string) => `grant set on parameter log_statement to "${name}"`],
  ])('is allowed while the role has a grant %s (2BP01)', async (_title, change) => {
    await server.sql(change(user.username));

    expect(await observe()).toEqual({state: 'allowed', code: 'granted', facts: {owned: 0, granted: 1}});
    expect(await revokeAsVault()).toBe('2BP01');
  });

  it('is allowed while the role is the grantor of a membership (2BP01)', async () => {
    await server.sql(`create role "g-${user.username}"; grant "g-${user.username}" to "${user.username}" with admin option;
      set role "${user.username}"; grant "g-${user.username}" to vault; reset role`);

    expect(await observe()).toMatchObject({state: 'allowed', code: 'granted'});
    expect(await revokeAsVault()).toBe('2BP01');
  });

  it('goes by oid, so that a role of the same name does not count', async () => {
    await server.sql(`drop owned by "${user.username}"; drop role "${user.username}"; create role "${user.username}";
      create table "u-${user.username}" (id int); alter table "u-${user.username}" owner to "${user.username}"`);

    expect(await observe()).toMatchObject({state: 'denied', code: 'none'});
  });

  it('finds a role that owns objects half revoked: it logs in on, without its own table (42501)', async () => {
    const ask = (sql: string) => query.observe({as: user, sql}, contextOf(session));
    await server.sql(
      `create table "h-${user.username}" (id int); alter table "h-${user.username}" owner to "${user.username}"`,
    );
    const held = await query.hold?.({as: user, sql: 'select * from own_grant'}, contextOf(session));

    expect(await revokeAsVault()).toBe('2BP01');

    expect(await ask('select 1')).toEqual({state: 'allowed', code: 'ok'});
    expect(await ask('select * from own_grant')).toEqual({state: 'denied', code: '42501', surface: 'disarmed'});
    expect(await ask(`select * from "h-${user.username}"`)).toEqual({
      state: 'denied',
      code: '42501',
      surface: 'disarmed',
    });
    expect(await held?.observe(signal)).toEqual({state: 'denied', code: '42501', surface: 'disarmed'});
    await held?.close();
  });

  it('is unreachable while the server is down', async () => {
    await server.crash();

    const observed = await observe();

    await server.start();
    expect(observed).toEqual({state: 'unreachable', code: 'ECONNREFUSED'});
  });
});
