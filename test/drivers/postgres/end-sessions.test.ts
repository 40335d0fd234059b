import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {endSessions} from '../../../src/drivers/postgres/end-sessions.ts';
import {query} from '../../../src/drivers/postgres/query.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {sessions} from '../../../src/drivers/postgres/sessions.ts';
import {contextOf, until} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {createMember, openConnection, openSession, startShop} from './shop.ts';

const {signal} = new AbortController();
const input = {'member-of': 'orders_mcp_users'};
let server: PostgresServer;
let session: PostgresSession;

beforeAll(async () => {
  server = await startShop();
});
afterAll(() => server.stop());
beforeEach(async () => {
  session = await openConnection(server);
});
afterEach(async () => {
  await session.close();
  await server.sql(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where backend_type = 'client backend' and (usename like 'v%' or usename is null)`);
});

type State = Parameters<typeof endSessions.execute>[1];

const prepare = async (): Promise<State> => {
  const state = await endSessions.prepare?.(input, contextOf(session));
  if (state === undefined) throw new Error('not prepared');
  return state;
};
const execute = (state: State) => endSessions.execute(input, state, contextOf(session));
const inspect = (state: State) => endSessions.inspect?.(input, state, contextOf(session));

describe('drivers/postgres/end-sessions', () => {
  it('ends the sessions of members, and reads it back', async () => {
    const first = await openSession(server, await createMember(server));
    const second = await openSession(server, await createMember(server));
    const state = await prepare();

    expect(await inspect(state)).toBe('not-applied');
    await execute(state);

    await Promise.all([first.ended, second.ended]);
    await until(async () => (await inspect(state)) === 'applied');
  });

  it('ends the session of a role that was dropped meanwhile', async () => {
    const member = await createMember(server);
    const {ended} = await openSession(server, member);
    const state = await prepare();
    await server.sql(`drop owned by "${member.username}"; drop role "${member.username}"`);

    expect(await inspect(state)).toBe('not-applied');
    await execute(state);

    await ended;
    await until(async () => (await inspect(state)) === 'applied');
  });

  it('finds a session of a role that came and went meanwhile, which is nobody’s any more', async () => {
    const state = await prepare();
    const member = await createMember(server);
    const {client, ended} = await openSession(server, member);
    await server.sql(`drop owned by "${member.username}"; drop role "${member.username}"`);

    await execute(state);
    const inspected = Promise.resolve(inspect(state));

    await expect(inspected).rejects.toMatchObject({code: 'conflict', detail: 'orphaned-sessions'});
    expect((await client.query('select 1 as one')).rows).toEqual([{one: 1}]);
    await client.end();
    await ended;
    expect(await inspect(state)).toBe('applied');
  });

  it('begins with no session whose role was dropped before', async () => {
    const member = await createMember(server);
    const {client} = await openSession(server, member);
    await server.sql(`drop owned by "${member.username}"; drop role "${member.username}"`);

    const preparing = prepare();

    await expect(preparing).rejects.toMatchObject({
      detail: 'orphaned-sessions',
      message: expect.stringMatching(/found 1 \(process \d+\).*pg_terminate_backend/),
    });
    await client.end();
  });

  it('ends the session of a member that came later', async () => {
    const state = await prepare();
    const {ended} = await openSession(server, await createMember(server));

    expect(await inspect(state)).toBe('not-applied');
    await execute(state);

    await ended;
  });

  it("spares Vault's own user and the run's own work", async () => {
    await server.sql(`grant orders_mcp_users to offdrill`);
    const {client} = await openSession(server, {username: 'vault', password: 'vault-password'});
    await session.control(signal);
    const own = session.ownPids;
    const state = await prepare();

    await execute(state);

    expect(await inspect(state)).toBe('applied');
    expect(await client.query('select 1')).toMatchObject({rowCount: 1});
    expect(session.ownPids).toEqual(expect.arrayContaining([...own]));
    expect(await session.control(signal)).toBe(true);
    await server.sql(`revoke orders_mcp_users from offdrill`);
  });

  it('ends the session that the run holds as a member', async () => {
    const as = await createMember(server);
    const held = await query.hold?.({as, sql: 'select 1'}, contextOf(session));
    const state = await prepare();

    expect(await held?.observe(signal)).toMatchObject({state: 'allowed'});
    await execute(state);

    await until(async () => (await held?.observe(signal))?.state === 'denied');
    expect(await held?.observe(signal)).toEqual({state: 'denied', code: '57P01'});
  });

  it("lets a login of the run's own probes be", async () => {
    const member = await createMember(server);
    const state = await prepare();
    const probing = await session.logIn(member, signal);

    await execute(state);

    expect(await inspect(state)).toBe('applied');
    expect(await probing.query('select 1 as one')).toEqual([{one: 1}]);
    await probing.close();
  });

  it('tells that only part of it is done', async () => {
    const member = await createMember(server);
    const [first] = [await openSession(server, member), await openSession(server, member)];
    const state = await prepare();

    await server.sql('select pg_terminate_backend($1, 5000)', [first.pid]);

    expect(await inspect(state)).toBe('partly');
  });

  it('spares a session that has the pid of a noted one', async () => {
    const outsider = await openSession(server, {username: server.superuser.user, password: server.superuser.password});
    const state = await prepare();
    const stale = {pid: outsider.pid, roleOid: 1, start: '2020-01-01T00:00:00.000000Z', role: 'gone'};

    await execute({...state, sessions: [...state.sessions, stale]});

    expect(await outsider.client.query('select 1')).toMatchObject({rowCount: 1});
    await outsider.client.end();
  });

  it('is safe to run twice', async () => {
    const {ended} = await openSession(server, await createMember(server));
    const state = await prepare();

    await Promise.all([execute(state), execute(state)]);
    await ended;
    await execute(state);

    await until(async () => (await inspect(state)) === 'applied');
  });

  it('ends what it may, then says what right is missing', async () => {
    await server.sql(`create role v_root superuser login password 'p' in role orders_mcp_users`);
    const forbidden = await openSession(server, {username: 'v_root', password: 'p'});
    const {ended} = await openSession(server, await createMember(server));
    const state = await prepare();

    await expect(execute(state)).rejects.toMatchObject({code: 'forbidden', detail: '42501', retryable: false});

    await ended;
    expect(await forbidden.client.query('select 1')).toMatchObject({rowCount: 1});
    expect(await inspect(state)).toBe('partly');
    await server.sql('drop role v_root');
  });

  it.each(['pg_read_all_stats', 'pg_signal_backend'])('does not begin without the right of %s', async (right) => {
    await session.close();
    await server.sql(`revoke ${right} from offdrill`);
    session = await openConnection(server);

    const refused: unknown = await prepare().catch((error: unknown) => error);

    await server.sql(`grant ${right} to offdrill`);
    expect(refused).toMatchObject({
      code: 'forbidden',
      detail: right,
      message: expect.stringContaining(`grant ${right}`),
    });
  });

  it('has a state that holds no secret', async () => {
    const member = await createMember(server);
    await openSession(server, member);

    const state = await prepare();

    expect(JSON.stringify(state)).not.toContain(member.password);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });
});

describe('drivers/postgres/end-sessions of captured sessions', () => {
  const capture = () => sessions.take(input, contextOf(session));
  const prepareFor = async (given: Parameters<typeof endSessions.execute>[0]): Promise<State> => {
    const state = await endSessions.prepare?.(given, contextOf(session));
    if (state === undefined) throw new Error('not prepared');
    return state;
  };

  it('ends what was captured, also once its role is dropped', async () => {
    const member = await createMember(server);
    const {ended} = await openSession(server, member);
    const captured = await capture();
    await server.sql(`drop owned by "${member.username}"; drop role "${member.username}"`);
    const state = await prepareFor({sessions: captured});

    expect(await inspect(state)).toBe('not-applied');
    await execute(state);

    await ended;
    await until(async () => (await inspect(state)) === 'applied');
  });

  it('ends captured sessions whose role has left the group', async () => {
    const member = await createMember(server);
    const {ended} = await openSession(server, member);
    const captured = await capture();
    await server.sql(`revoke orders_mcp_users from "${member.username}"`);
    const state = await prepareFor({...input, sessions: captured});

    await execute(state);

    await ended;
    await until(async () => (await inspect(state)) === 'applied');
  });

  it('ends what the captured roles opened later, and no one else’s', async () => {
    const member = await createMember(server);
    const first = await openSession(server, member);
    const captured = await capture();
    const later = await openSession(server, member);
    const other = await openSession(server, await createMember(server));
    const state = await prepareFor({sessions: captured});

    await execute(state);

    await Promise.all([first.ended, later.ended]);
    expect((await other.client.query('select 1 as one')).rows).toEqual([{one: 1}]);
    await other.client.end();
  });

  it('spares who got the name of a captured role, or its process number', async () => {
    const member = await createMember(server);
    const {client, ended} = await openSession(server, member);
    const captured = await capture();
    await client.end();
    await ended;
    await server.sql(`drop owned by "${member.username}"; drop role "${member.username}";
      create role "${member.username}" login password '${member.password}'`);
    const namesake = await openSession(server, member);
    const reused = captured.sessions.map((one) => ({...one, pid: namesake.pid}));
    const state = await prepareFor({sessions: {...captured, sessions: reused}});

    await execute(state);

    expect(await inspect(state)).toBe('applied');
    expect((await namesake.client.query('select 1 as one')).rows).toEqual([{one: 1}]);
    await namesake.client.end();
  });

  it('begins with no orphan that was not captured', async () => {
    const captured = await capture();
    const member = await createMember(server);
    const {client} = await openSession(server, member);
    await server.sql(`drop owned by "${member.username}"; drop role "${member.username}"`);

    await expect(prepareFor({sessions: captured})).rejects.toMatchObject({detail: 'orphaned-sessions'});

    await client.end();
  });

  it('takes a group, captured sessions or both, not neither', () => {
    const captured = {group: 'g', roles: [], sessions: []};

    expect(endSessions.input.safeParse({}).success).toBe(false);
    expect(endSessions.input.safeParse({sessions: captured}).success).toBe(true);
    expect(endSessions.input.safeParse({...input, sessions: captured}).success).toBe(true);
  });
});
