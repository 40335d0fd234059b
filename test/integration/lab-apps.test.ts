import {mkdtemp, readdir, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseEnv} from 'node:util';
import pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Lab, startLab} from '../../lab/lab.ts';
import {createBaoApi} from '../../lab/openbao.ts';
import {until} from '../helpers/context.ts';

type Answer = {readonly status: number; readonly body: Record<string, unknown>};
type Message = {readonly result?: Record<string, unknown>; readonly error?: Record<string, unknown>};

describe('lab/apps', () => {
  let home: string;
  let lab: Lab;
  let operator: {readonly token: string; readonly password: string};
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'offdrill-lab-test-'));
    lab = await startLab({home, ports: 'auto'});
    const env = parseEnv(await readFile(path.join(lab.data, 'offdrill.env'), 'utf8'));
    operator = {token: env.OFFDRILL_VAULT_TOKEN ?? '', password: env.OFFDRILL_DB_ADMIN_PASSWORD ?? ''};
  });
  afterAll(async () => {
    await lab?.down();
    await rm(home, {recursive: true, force: true});
  });

  const get = async (url: string): Promise<Answer> => {
    const response = await fetch(url);
    return {status: response.status, body: JSON.parse(await response.text())};
  };
  const startOf = async (name: 'checkout' | 'assistant'): Promise<unknown> =>
    (await get(`${lab.addresses[name]}/healthz`)).body.startedAt;
  const post = async (body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(lab.addresses['orders-mcp'], {
      method: 'POST',
      headers: {'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers},
      body: JSON.stringify({jsonrpc: '2.0', ...body}),
    });
    const text = await response.text();
    const data = /^data: ?(.*)$/m.exec(text)?.[1] ?? text;
    const message: Message = data === '' ? {} : JSON.parse(data);
    return {status: response.status, session: response.headers.get('mcp-session-id'), message};
  };
  const call = async (name: string, given: object): Promise<Message> => {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': {name: 'tester', version: '1'},
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const headers = {'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name};
    return (await post({id: 1, method: 'tools/call', params: {name, arguments: given, _meta}}, headers)).message;
  };
  const recordedCalls = async (): Promise<readonly Record<string, unknown>[]> => {
    const file = path.join(lab.data, 'logs', 'orders-mcp.calls.ndjson');
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  };
  /** The lines that a piece of work adds to the server's own record. */
  const recordedBy = async (work: () => Promise<unknown>): Promise<readonly Record<string, unknown>[]> => {
    const before = (await recordedCalls()).length;
    await work();
    return (await recordedCalls()).slice(before);
  };
  const sql = async (text: string): Promise<readonly Record<string, unknown>[]> => {
    const [host, port] = lab.addresses.postgres.split(':');
    const login = {host, port: Number(port), database: 'shop', user: 'offdrill', password: operator.password};
    const client = new pg.Client({...login, ssl: false});
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };

  it('takes a client of 2025-11-25 from initialize to its tool call', async () => {
    const clientInfo = {name: 'older', version: '1'};
    const params = {protocolVersion: '2025-11-25', capabilities: {}, clientInfo};
    const opened = await post({id: 1, method: 'initialize', params});
    const session = opened.session === null ? {} : {'mcp-session-id': opened.session};
    const headers = {'mcp-protocol-version': '2025-11-25', ...session};
    const noticed = await post({method: 'notifications/initialized'}, headers);
    const request = {id: 2, method: 'tools/call', params: {name: 'order_total', arguments: {id: 7}}};
    let total: Message = {};

    const recorded = await recordedBy(async () => {
      total = (await post(request, headers)).message;
    });

    expect(opened.message.result).toMatchObject({protocolVersion: '2025-11-25', serverInfo: {name: 'orders-mcp'}});
    expect(noticed.status).toBe(202);
    expect(total.result).toMatchObject({content: [{type: 'text', text: '[{"cents":107}]'}]});
    expect(recorded).toEqual([{time: expect.any(String), who: 'unnamed client', tool: 'order_total', outcome: 'ok'}]);
  });

  it('takes a call of 2026-07-28 with nothing before it', async () => {
    let orders: Message = {};

    const recorded = await recordedBy(async () => {
      orders = await call('query_orders', {limit: 1});
    });

    expect(orders.result).toMatchObject({content: [{text: expect.stringContaining('"customer":"customer 50"')}]});
    expect(recorded).toEqual([{time: expect.any(String), who: 'tester', tool: 'query_orders', outcome: 'ok'}]);
    expect(Math.abs(Date.parse(String(recorded[0]?.time)) - Date.now())).toBeLessThan(10_000);
  });

  it('records a call that fails too, by the code of its error', async () => {
    let total: Message = {};

    const recorded = await recordedBy(async () => {
      total = await call('order_total', {id: 3_000_000_000});
    });

    expect(total.result).toMatchObject({isError: true});
    expect(recorded).toEqual([{time: expect.any(String), who: 'tester', tool: 'order_total', outcome: '22003'}]);
  });

  it('refuses a client that shows a wrong key', async () => {
    const key = await readFile(path.join(lab.data, 'orders-mcp', 'client-key'), 'utf8');
    const status = async (shown: string) =>
      (await post({id: 1, method: 'tools/list'}, {authorization: `Bearer ${shown}`})).status;

    expect(await status(key)).toBe(200);
    expect(await status(`${key}x`)).toBe(401);
  });

  it.each([
    ['whose arguments the tool does not take', 'order_total', {id: 'seven'}],
    ['of a tool that there is not', 'drop_orders', {}],
  ])('records a call %s', async (_what, tool, given) => {
    const before = (await recordedCalls()).length;

    await call(tool, given);
    await until(async () => (await recordedCalls()).length > before);
    const recorded = (await recordedCalls()).slice(before);

    expect(recorded).toEqual([{time: expect.any(String), who: 'tester', tool, outcome: 'refused'}]);
  });

  it.each([
    ['orders-mcp', 'orders-mcp answers a tool call on live credentials'],
    ['checkout', 'checkout serves orders from the database'],
    ['assistant', 'assistant answers with the help of orders-mcp'],
  ] as const)('is not whole while %s is stopped', async (name, what) => {
    await lab.stop(name);
    const during = await lab.check();
    await lab.start(name);

    expect(during).toContain(`not so: ${name} is healthy`);
    expect(during).toContain(`not so: ${what}`);
    expect(await lab.check()).toEqual([]);
  });

  it('tells apart a service that went on from one that was started anew', async () => {
    const [checkout, assistant] = [await startOf('checkout'), await startOf('assistant')];

    await lab.stop('orders-mcp');
    const asked = await get(`${lab.addresses.assistant}/ask`);
    await lab.start('orders-mcp');
    const after = await get(`${lab.addresses.assistant}/ask`);
    await lab.stop('assistant');
    await lab.start('assistant');

    expect(asked).toEqual({status: 200, body: {degraded: true, startedAt: assistant}});
    expect(after).toMatchObject({status: 200, body: {degraded: false, startedAt: assistant}});
    expect((await get(`${lab.addresses.checkout}/orders`)).body).toEqual({orders: 50, startedAt: checkout});
    expect(Date.parse(String(await startOf('assistant')))).toBeGreaterThan(Date.parse(String(assistant)));
  });

  it('leaves its database user and its token as they are when stopped', async () => {
    const users = `select rolname from pg_roles
      where rolname like 'v-approle-orders-m%' and rolcanlogin and pg_has_role(oid, 'orders_mcp_users', 'member')`;
    const sessions = "select count(*)::int as n from pg_stat_activity where usename like 'v-approle-orders-m%'";
    const sessionsAre = (n: number) => until(async () => (await sql(sessions))[0]?.n === n);
    const root = createBaoApi(lab.addresses.vault, lab.rootToken());
    const accessors = async () => (await root('LIST', 'auth/token/accessors')).data;
    await sessionsAre(3);
    const [usersBefore, accessorsBefore] = [await sql(users), await accessors()];

    await lab.stop('orders-mcp');
    await sessionsAre(0);
    const during = [await sql(users), await accessors()];
    await lab.start('orders-mcp');

    expect(usersBefore.length).toBeGreaterThanOrEqual(1);
    expect(during).toEqual([usersBefore, accessorsBefore]);
  });

  it('keeps what holds a secret to its owner', async () => {
    const modes = await Promise.all(
      [
        'offdrill.env',
        'root-token',
        'orders-mcp/secret-id',
        'checkout/secret-id',
        'state.json',
        'openbao/audit.log',
      ].map(async (name) => [name, (await stat(path.join(lab.data, name))).mode & 0o077]),
    );
    const logs = await Promise.all(
      (await readdir(path.join(lab.data, 'logs'))).map((name) => readFile(path.join(lab.data, 'logs', name), 'utf8')),
    );

    expect(modes.filter(([, others]) => others !== 0)).toEqual([]);
    expect(logs.length).toBeGreaterThanOrEqual(5);
    for (const secret of [operator.token, operator.password, lab.rootToken()]) {
      expect(logs.filter((log) => log.includes(secret))).toEqual([]);
    }
  });
});
