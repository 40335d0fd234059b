import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {query} from '../../../src/drivers/postgres/query.ts';
import {grantLogin, revokeLogin} from '../../../src/drivers/postgres/revoke-login.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {contextOf} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {createChangeable, openConnection, openSession, startShop} from './shop.ts';

let server: PostgresServer;
let session: PostgresSession;
let user: Awaited<ReturnType<typeof createChangeable>>;

beforeAll(async () => {
  server = await startShop();
});
afterAll(() => server.stop());
beforeEach(async () => {
  session = await openConnection(server);
  user = await createChangeable(server);
});
afterEach(() => session.close());

const prepare = async (action = revokeLogin, role = user.username) => {
  const state = await action.prepare?.({role}, contextOf(session));
  if (state === undefined) throw new Error('not prepared');
  return state;
};
const inspect = (action: typeof revokeLogin, state: {oid: number}) =>
  action.inspect?.({role: user.username}, state, contextOf(session));
const execute = (action: typeof revokeLogin, state: {oid: number}) =>
  action.execute({role: user.username}, state, contextOf(session));
const logIn = () => query.observe({as: user, sql: 'select 1'}, contextOf(session));

describe('drivers/postgres/revoke-login', () => {
  it('refuses a new login (28000), and reads that back', async () => {
    const state = await prepare();
    expect(await inspect(revokeLogin, state)).toBe('not-applied');

    await execute(revokeLogin, state);

    expect(await inspect(revokeLogin, state)).toBe('applied');
    expect(await logIn()).toEqual({state: 'denied', code: '28000', surface: 'disarmed'});
  });

  it('leaves a held session working', async () => {
    const {client} = await openSession(server, user);

    await execute(revokeLogin, await prepare());

    expect((await client.query('select 1 as one')).rows).toEqual([{one: 1}]);
    await client.end();
  });

  it('is rolled back by grant-login with the same password', async () => {
    await execute(revokeLogin, await prepare());
    const state = await prepare(grantLogin);
    expect(await inspect(grantLogin, state)).toBe('not-applied');

    await execute(grantLogin, state);

    expect(revokeLogin.rollback?.with({role: user.username}, state)).toEqual({role: user.username});
    expect(await inspect(grantLogin, state)).toBe('applied');
    expect(await logIn()).toMatchObject({state: 'allowed'});
  });

  it('is safe to run twice, as its rollback is', async () => {
    const state = await prepare();

    await execute(revokeLogin, state);
    await execute(revokeLogin, state);
    expect(await inspect(revokeLogin, state)).toBe('applied');
    await execute(grantLogin, state);
    await execute(grantLogin, state);

    expect(await inspect(grantLogin, state)).toBe('applied');
  });

  it('takes a name that must be quoted', async () => {
    const odd = await createChangeable(server, `o"dd'; drop role vault; --`);
    const state = await prepare(revokeLogin, odd.username);

    await revokeLogin.execute({role: odd.username}, state, contextOf(session));

    const rows = await server.sql('select rolcanlogin from pg_roles where rolname in ($1, $2)', [
      odd.username,
      'vault',
    ]);
    expect(rows.map((row) => row.rolcanlogin).sort()).toEqual([false, true]);
  });

  it('follows a role that was renamed meanwhile', async () => {
    const state = await prepare();
    await server.sql(`alter role "${user.username}" rename to "${user.username}-renamed"`);
    expect(await inspect(revokeLogin, state)).toBe('not-applied');

    await execute(revokeLogin, state);

    expect(await inspect(revokeLogin, state)).toBe('applied');
    const [row] = await server.sql('select rolcanlogin from pg_roles where oid = $1', [user.oid]);
    expect(row).toEqual({rolcanlogin: false});
  });

  it('leaves another role of the same name alone', async () => {
    const state = await prepare();
    await server.sql(`drop role "${user.username}"; create role "${user.username}" login`);

    await expect(execute(revokeLogin, state)).rejects.toMatchObject({code: 'not-found', detail: 'no-such-role'});

    expect(await inspect(revokeLogin, state)).toBe('not-applied');
  });

  it('changes nothing while it prepares', async () => {
    await prepare();

    expect(await logIn()).toMatchObject({state: 'allowed'});
  });

  it('does not begin with a role that can not log in', async () => {
    await server.sql(`alter role "${user.username}" nologin`);

    await expect(prepare()).rejects.toMatchObject({code: 'conflict', detail: 'revoked-already'});
  });

  it.each([revokeLogin, grantLogin])(
    'refuses a role that is not there, a superuser and its own: %#',
    async (action) => {
      await expect(prepare(action, 'nobody')).rejects.toMatchObject({code: 'not-found', detail: 'no-such-role'});
      await expect(prepare(action, server.superuser.user)).rejects.toMatchObject({detail: 'superuser'});
      await expect(prepare(action, 'offdrill')).rejects.toMatchObject({detail: 'own-role'});
    },
  );

  it('names the right that is missing, and the statement that gives it', async () => {
    await server.sql(`revoke "${user.username}" from offdrill`);
    await expect(prepare()).rejects.toMatchObject({
      code: 'forbidden',
      detail: 'ADMIN OPTION',
      message: expect.stringContaining(`grant "${user.username}" to "offdrill" with admin true`),
    });

    await server.sql('alter role offdrill nocreaterole');
    const refused = await prepare().catch((error: unknown) => error);
    await server.sql('alter role offdrill createrole');

    expect(refused).toMatchObject({code: 'forbidden', detail: 'CREATEROLE'});
  });

  it('refuses a name that PostgreSQL would cut', () => {
    expect(revokeLogin.input.safeParse({role: 'é'.repeat(32)}).success).toBe(false);
    expect(revokeLogin.input.safeParse({role: 'a\0b'}).success).toBe(false);
    expect(revokeLogin.input.safeParse({role: 'é'.repeat(31)}).success).toBe(true);
  });
});
