import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {sessions} from '../../../src/drivers/postgres/sessions.ts';
import {sessionsAlive} from '../../../src/drivers/postgres/sessions-alive.ts';
import {contextOf, run} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {createMember, openConnection, openSession, startShop} from './shop.ts';

let server: PostgresServer;
let session: PostgresSession;
const input = {'member-of': 'orders_mcp_users'};

beforeAll(async () => {
  server = await startShop();
});
afterAll(() => server.stop());
beforeEach(async () => {
  session = await openConnection(server);
});
afterEach(async () => {
  await session.close();
  await server.sql(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename like 'v%'`);
});

describe('drivers/postgres/sessions', () => {
  it('takes the sessions of members by pid, oid and start', async () => {
    const member = await createMember(server);
    const {pid} = await openSession(server, member);

    const taken = await sessions.take(input, contextOf(session));

    expect(taken.sessions).toEqual([
      {pid, roleOid: member.oid, role: member.username, start: expect.stringMatching(/^\d{4}-.*T.*\.\d{6}Z$/)},
    ]);
    expect(taken.roles).toContainEqual({oid: member.oid, name: member.username});
    expect(sessions.count(taken)).toBe(1);
    expect(sessions.output.parse(taken)).toEqual(taken);
  });

  it("leaves out Vault's own user, which has admin option", async () => {
    await openSession(server, {username: 'vault', password: 'vault-password'});

    const taken = await sessions.take(input, contextOf(session));

    expect(taken.sessions).toEqual([]);
    expect(taken.roles.map((role) => role.name)).not.toContain('vault');
  });

  it('leaves out whoever any grantor made an administrator', async () => {
    await server.sql(`
      create role v_twice login password 'p';
      grant orders_mcp_users to v_twice with admin option granted by root_of_test;
      set role vault; grant orders_mcp_users to v_twice with admin false granted by vault`);
    await openSession(server, {username: 'v_twice', password: 'p'});

    const taken = await sessions.take(input, contextOf(session));

    expect(await server.sql(`select admin_option from pg_auth_members where member = 'v_twice'::regrole`)).toHaveLength(
      2,
    );
    expect(taken.sessions).toEqual([]);
  });

  it('leaves out a role that created a member', async () => {
    await server.sql(`set role vault; create role v_made login password 'p' in role orders_mcp_users`);
    const {pid} = await openSession(server, {username: 'v_made', password: 'p'});
    await openSession(server, {username: 'vault', password: 'vault-password'});

    const taken = await sessions.take(input, contextOf(session));

    expect(taken.sessions.map((one) => one.pid)).toEqual([pid]);
  });

  it('leaves out whom membership reaches through an administrator alone', async () => {
    await server.sql(`create role v_colleague login password 'p' in role vault`);
    await openSession(server, {username: 'v_colleague', password: 'p'});

    const taken = await sessions.take(input, contextOf(session));

    expect(taken.sessions).toEqual([]);
  });

  it('leaves out administrators who are also plain members', async () => {
    await server.sql(`
      create role second_group in role orders_mcp_users;
      create role v_both login password 'p' in role second_group;
      grant orders_mcp_users to v_both with admin option`);
    await openSession(server, {username: 'v_both', password: 'p'});

    const taken = await sessions.take(input, contextOf(session));

    expect(taken.sessions).toEqual([]);
  });

  it('takes members of members, in any database', async () => {
    await server.sql(
      `create role inner_group in role orders_mcp_users; create role v_deep login password 'p' in role inner_group`,
    );
    const {pid} = await openSession(server, {username: 'v_deep', password: 'p'});

    const taken = await sessions.take(input, contextOf(session));

    expect(taken.sessions).toMatchObject([{pid, role: 'v_deep'}]);
    expect(taken.roles.map((role) => role.name)).not.toContain('inner_group');
  });

  it('takes the session of a role that may no longer log in', async () => {
    const member = await createMember(server);
    const {pid} = await openSession(server, member);
    await server.sql(`alter role "${member.username}" nologin`);

    const taken = await sessions.take(input, contextOf(session));

    expect(taken.sessions).toMatchObject([{pid}]);
  });

  it('leaves out what the run itself opened', async () => {
    const member = await createMember(server);
    const {client} = await openSession(server, member);
    const ctx = contextOf(session);
    const owned = await openSession(server, member);
    ctx.own('session', String(owned.pid));
    await client.query(`set application_name = 'offdrill-${run}'`);

    const taken = await sessions.take(input, ctx);

    expect(taken.sessions).toEqual([]);
  });

  it('names the grant without which a session has no start', async () => {
    const member = await createMember(server);
    await openSession(server, member);
    const blind = await openConnection(server, {user: 'vault', password: 'vault-password'});

    const taking = sessions.take(input, contextOf(blind));

    await expect(taking).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('pg_read_all_stats'),
    });
    await blind.close();
  });

  it('tells a group that does not exist', async () => {
    const taking = sessions.take({'member-of': 'order_mcp_users'}, contextOf(session));

    await expect(taking).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('order_mcp_users'),
    });
  });

  it('compares a group name as text alone', async () => {
    const taking = sessions.take({'member-of': `x' or true; drop table own_grant; --`}, contextOf(session));

    await expect(taking).rejects.toMatchObject({code: 'not-found'});
    expect(await server.sql('select * from own_grant')).toEqual([]);
  });
});

describe('drivers/postgres/sessions-alive', () => {
  it('is allowed while one session lives, and denied after', async () => {
    const member = await createMember(server);
    const [first, second] = [await openSession(server, member), await openSession(server, member)];
    const taken = await sessions.take(input, contextOf(session));
    const observe = () => sessionsAlive.observe({sessions: taken}, contextOf(session));

    expect(await observe()).toEqual({state: 'allowed', code: 'alive', facts: {alive: 2}});
    await server.sql('select pg_terminate_backend($1, 5000)', [first.pid]);
    expect(await observe()).toEqual({state: 'allowed', code: 'alive', facts: {alive: 1}});
    await server.sql('select pg_terminate_backend($1, 5000)', [second.pid]);
    expect(await observe()).toEqual({state: 'denied', code: 'none-alive', facts: {alive: 0}});
  });

  it('sees the session of a dropped role, whose usename is NULL', async () => {
    const member = await createMember(server);
    const {pid} = await openSession(server, member);
    const taken = await sessions.take(input, contextOf(session));

    await server.sql(`drop owned by "${member.username}"; drop role "${member.username}"`);

    const [row] = await server.sql('select usename, usesysid::int from pg_stat_activity where pid = $1', [pid]);
    expect(row).toEqual({usename: null, usesysid: member.oid});
    expect(await sessionsAlive.observe({sessions: taken}, contextOf(session))).toMatchObject({state: 'allowed'});
  });

  it('takes the same pid with another start for another session', async () => {
    const member = await createMember(server);
    await openSession(server, member);
    const taken = await sessions.take(input, contextOf(session));
    const recycled = taken.sessions.map((one) => ({...one, start: '2020-01-01T00:00:00.000000Z'}));

    const observed = await sessionsAlive.observe({sessions: {...taken, sessions: recycled}}, contextOf(session));

    expect(observed.state).toBe('denied');
  });

  it('is indeterminate where it may not see the start', async () => {
    const member = await createMember(server);
    await openSession(server, member);
    const taken = await sessions.take(input, contextOf(session));
    const blind = await openConnection(server, {user: 'vault', password: 'vault-password'});

    const observed = await sessionsAlive.observe({sessions: taken}, contextOf(blind));

    expect(observed).toEqual({state: 'indeterminate', code: 'no-backend-start'});
    await blind.close();
  });

  it('never takes a refusal of its own login for a denial', async () => {
    const refused = await openConnection(server, {password: 'wrong'});

    const observed = await sessionsAlive.observe({sessions: {sessions: []}}, contextOf(refused));

    expect(observed).toEqual({state: 'indeterminate', code: '28P01'});
  });

  it('is unreachable while the server is down', async () => {
    const nowhere = await openConnection({host: '127.0.0.1', port: 1});

    const observed = await sessionsAlive.observe({sessions: {sessions: []}}, contextOf(nowhere));

    expect(observed).toEqual({state: 'unreachable', code: 'ECONNREFUSED'});
  });
});
