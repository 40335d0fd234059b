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

const group = 'orders_mcp_users';

async function hold(sql: string, setRole?: string): Promise<HeldProbe> {
  const given = {as: user, sql, ...(setRole === undefined ? {} : {'set-role': setRole})};
  const opened = await query.hold?.(query.input.parse(given), contextOf(session));
  if (opened === undefined) throw new Error('not held');
  held.push(opened);
  return opened;
}

const observe = (sql: string, setRole: string) =>
  query.observe(query.input.parse({as: user, sql, 'set-role': setRole}), contextOf(session));
const drop = () => server.sql(`drop owned by "${user.username}"; drop role "${user.username}"`);

describe('drivers/postgres/query after DROP ROLE', () => {
  it('reads through an earlier SET ROLE, while own grants give 42501', async () => {
    const through = await hold('select * from of_group', group);
    const own = await hold('select * from own_grant');
    expect(await through.observe(signal)).toMatchObject({state: 'allowed'});

    await drop();

    expect(await through.observe(signal)).toEqual({state: 'allowed', code: 'ok'});
    expect(await own.observe(signal)).toEqual({state: 'denied', code: '42501', surface: 'disarmed'});
  });

  it('ends the reach through SET ROLE only with the session', async () => {
    const through = await hold('select * from of_group', group);
    await drop();

    await server.sql('select pg_terminate_backend(pid, 5000) from pg_stat_activity where usesysid = $1', [user.oid]);

    expect(await through.observe(signal)).toEqual({state: 'denied', code: '57P01'});
  });

  it('says 42704 for its own name, which is not the end of the session', async () => {
    const name = await hold('select current_user');

    await drop();

    expect(await name.observe(signal)).toEqual({state: 'indeterminate', code: '42704'});
  });

  it('has a session whose usename is NULL', async () => {
    await hold('select 1');

    await drop();

    const rows = await server.sql('select usename from pg_stat_activity where usesysid = $1', [user.oid]);
    expect(rows).toEqual([{usename: null}]);
  });
});

describe('drivers/postgres/query set-role', () => {
  it('asks as that role in every new login', async () => {
    expect(await observe(`select 1 / (current_user = '${group}')::int`, group)).toEqual({state: 'allowed', code: 'ok'});
  });

  it('is denied a role that the user may not become (42501)', async () => {
    expect(await observe('select 1', 'vault')).toEqual({state: 'denied', code: '42501', surface: 'disarmed'});
  });

  it('proves nothing by a role that is not there (22023)', async () => {
    expect(await observe('select 1', 'nobody')).toEqual({state: 'indeterminate', code: '22023'});
  });

  it('leaves no session behind where it can not become the role', async () => {
    await expect(hold('select 1', 'vault')).rejects.toMatchObject({detail: '42501'});
    await observe('select 1', 'vault');

    await until(async () => {
      const left = await server.sql('select 1 from pg_stat_activity where usesysid = $1', [user.oid]);
      return left.length === 0;
    });
  });

  it('takes the name as it is, and no statement in it', async () => {
    expect(await observe('select 1', `${group}; reset role`)).toEqual({state: 'indeterminate', code: '22023'});
  });
});
