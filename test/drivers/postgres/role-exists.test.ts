import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {roleExists} from '../../../src/drivers/postgres/role-exists.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {contextOf} from '../../helpers/context.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {createMember, openConnection, startShop} from './shop.ts';

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

const observe = (role = user.username) => roleExists.observe({role}, contextOf(session));

describe('drivers/postgres/role-exists', () => {
  it('is allowed while the role may log in', async () => {
    expect(await observe()).toEqual({state: 'allowed', code: 'login', facts: {oid: user.oid, expired: false}});
  });

  it('is denied once the role is dropped', async () => {
    await server.sql(`drop owned by "${user.username}"; drop role "${user.username}"`);

    expect(await observe()).toEqual({state: 'denied', code: 'no-such-role'});
  });

  it('is denied, and disarmed only, while the role has NOLOGIN', async () => {
    await server.sql(`alter role "${user.username}" nologin`);

    expect(await observe()).toMatchObject({state: 'denied', code: 'nologin', surface: 'disarmed'});
  });

  it('tells an expired password, which is no end of the role', async () => {
    await server.sql(`alter role "${user.username}" valid until '2020-01-01'`);

    expect(await observe()).toMatchObject({state: 'allowed', facts: {expired: true}});
  });

  it('takes the name as it is', async () => {
    await server.sql(`create role "O'Brien ""x"" %" login`);

    expect(await observe(`O'Brien "x" %`)).toMatchObject({state: 'allowed'});
    expect(await observe(`o'brien "x" %`)).toMatchObject({state: 'denied'});
  });

  it('is unreachable while the server is down', async () => {
    await server.crash();

    const observed = await observe();

    await server.start();
    expect(observed).toEqual({state: 'unreachable', code: 'ECONNREFUSED'});
  });

  it('proves nothing where its own login is refused', async () => {
    await session.close();
    session = await openConnection(server, {password: 'wrong'});

    expect(await observe()).toEqual({state: 'indeterminate', code: '28P01'});
  });
});
