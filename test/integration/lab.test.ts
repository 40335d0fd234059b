import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Lab, startLab} from '../../lab/lab.ts';
import {createBaoApi} from '../../lab/openbao.ts';
import {projectFolder, runShell} from '../helpers/run-cli.ts';

const cli = `'${process.execPath}' '${path.join(projectFolder, 'lab', 'cli.ts')}'`;

describe('lab', () => {
  let home: string;
  let lab: Lab;
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'offdrill-lab-test-'));
    lab = await startLab({home, ports: 'auto'});
  });
  afterAll(async () => {
    await lab?.down();
    await rm(home, {recursive: true, force: true});
  });

  const answer = async (url: string): Promise<Record<string, unknown>> => {
    const response = await fetch(url);
    const body: unknown = await response.json();
    return {status: response.status, ...Object(body)};
  };
  const callTool = async (era: 'modern' | 'legacy', name: string, given: object): Promise<string> => {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': {name: 'tester', version: '1'},
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const modern = {'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name};
    const response = await fetch(lab.addresses['orders-mcp'], {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(era === 'modern' ? modern : {'mcp-protocol-version': '2025-11-25'}),
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: {name, arguments: given, ...(era === 'modern' ? {_meta} : {})},
      }),
    });
    return response.text();
  };
  const calls = async (): Promise<Record<string, unknown>[]> => {
    const text = await readFile(path.join(lab.data, 'logs', 'orders-mcp.calls.ndjson'), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it('is whole, and says so', async () => {
    const status = await runShell(`${cli} status --check --home '${home}'`);

    expect(status).toMatchObject({exitCode: 0, stderr: ''});
  });

  it('gives addresses, and a command to which any other can be appended', async () => {
    const {stdout} = await runShell(`${cli} status --json --home '${home}'`);
    const status = JSON.parse(stdout);
    const planned = await runShell(`${status.drillCommand} plan '${projectFolder}/drills/orders-mcp.yaml'`, {cwd: '/'});

    expect(status).toMatchObject({
      running: true,
      addresses: lab.addresses,
      processes: {
        openbao: {pid: expect.any(Number), running: true},
        'orders-mcp': {running: true, credentials: 'orders-mcp'},
      },
    });
    expect(planned).toMatchObject({exitCode: 0, stdout: expect.stringContaining(lab.addresses.vault)});
  });

  it('is OpenBao and PostgreSQL 18, which both say that they are offdrill-lab', async () => {
    const env = await readFile(path.join(lab.data, 'offdrill.env'), 'utf8');
    const password = /OFFDRILL_DB_ADMIN_PASSWORD=(\S+)/.exec(env)?.[1];
    const [host, port] = lab.addresses.postgres.split(':');
    const client = new pg.Client({host, port: Number(port), database: 'shop', user: 'offdrill', password, ssl: false});
    await client.connect();

    const {rows} = await client.query("select current_setting('cluster_name') as name, version() as version");
    const members = await client.query(
      `select count(*)::int as sessions from pg_stat_activity a
       where pg_has_role(a.usesysid, 'orders_mcp_users', 'member') and a.usename like 'v-approle-orders%'`,
    );
    await client.end();

    expect(rows[0]).toMatchObject({name: 'offdrill-lab', version: expect.stringMatching(/^PostgreSQL 18\./)});
    expect(members.rows[0].sessions).toBeGreaterThanOrEqual(3);
    expect(await answer(`${lab.addresses.vault}/v1/sys/health`)).toMatchObject({cluster_name: 'offdrill-lab'});
  });

  it('has an operator that is not root, and may do just what the drill needs', async () => {
    const env = await readFile(path.join(lab.data, 'offdrill.env'), 'utf8');
    const operator = createBaoApi(lab.addresses.vault, /OFFDRILL_VAULT_TOKEN=(\S+)/.exec(env)?.[1] ?? '');

    const self = await operator('GET', 'auth/token/lookup-self');

    expect(self.data).toMatchObject({policies: ['default', 'operator']});
    for (const [method, apiPath] of [
      ['GET', 'database/creds/orders-mcp'],
      ['GET', 'database/creds/checkout'],
      ['GET', 'database/config/shop'],
      ['LIST', 'sys/policies/acl'],
      ['GET', 'sys/policies/acl/operator'],
      ['GET', 'sys/mounts'],
      ['GET', 'auth/approle/role/checkout/role-id'],
      ['LIST', 'sys/leases/lookup/database/creds/checkout'],
      ['POST', 'auth/approle/role/checkout/secret-id'],
      ['POST', 'auth/token/create-orphan'],
    ] as const) {
      await expect(operator(method, apiPath), apiPath).rejects.toThrow('403');
    }
    await expect(operator('POST', 'auth/token/create', {policies: ['root']})).rejects.toThrow('403');
  });

  it.each(['modern', 'legacy'] as const)('answers tool calls of the %s era, and notes each', async (era) => {
    expect(await callTool(era, 'query_orders', {limit: 1})).toContain('customer');
    expect(await callTool(era, 'order_total', {id: 7})).toContain('cents');

    expect(await calls()).toContainEqual(
      expect.objectContaining({
        tool: 'order_total',
        outcome: 'ok',
        time: expect.stringMatching(/Z$/),
        who: era === 'modern' ? 'tester' : expect.any(String),
      }),
    );
  });

  it('notices a stop: checkout does not, assistant is degraded, and nothing is revoked', async () => {
    const before = await answer(`${lab.addresses.checkout}/orders`);
    const root = createBaoApi(lab.addresses.vault, lab.rootToken());
    const held = async () => ({
      leases: (await root('LIST', 'sys/leases/lookup/database/creds/orders-mcp')).data,
      tokens: (await root('LIST', 'auth/token/accessors')).data,
    });
    const heldBefore = await held();

    const stopped = await runShell(`${cli} stop orders-mcp --home '${home}'`);
    const check = await runShell(`${cli} status --check --home '${home}'`);
    const during = [await answer(`${lab.addresses.checkout}/orders`), await answer(`${lab.addresses.assistant}/ask`)];
    const heldDuring = await held();
    const started = await runShell(`${cli} start orders-mcp --home '${home}'`);

    expect([stopped.exitCode, started.exitCode]).toEqual([0, 0]);
    expect(check.exitCode).toBe(1);
    expect(check.stderr).toContain('not so: orders-mcp answers a tool call on live credentials');
    expect(during[0]).toEqual(before);
    expect(during[1]).toMatchObject({status: 200, degraded: true, startedAt: expect.any(String)});
    expect(heldDuring).toEqual(heldBefore);
    await expect(lab.check()).resolves.toEqual([]);
  });

  it('refuses a second lab in the same home, and takes one in another', async () => {
    const second = await runShell(`${cli} up --ports auto --home '${home}'`);
    const otherHome = await mkdtemp(path.join(tmpdir(), 'offdrill-lab-test-'));
    const other = await startLab({home: otherHome, ports: 'auto'});

    expect(second).toMatchObject({exitCode: 1, stderr: expect.stringContaining('End it first')});
    await expect(other.check()).resolves.toEqual([]);
    await other.down();
    await expect(lab.check()).resolves.toEqual([]);
    await rm(otherHome, {recursive: true, force: true});
  });
});

describe('lab up and down', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'offdrill-lab-test-'));
  });
  afterAll(() => rm(home, {recursive: true, force: true}));

  it('leaves no process and no file behind', async () => {
    const up = await runShell(`${cli} up --ports auto --home '${home}'`);
    const {data, processes} = JSON.parse(readFileSync(path.join(home, '.lab', 'state.json'), 'utf8'));
    const pids = Object.values(processes).map((started) => Number(Object(started).pid));

    const down = await runShell(`${cli} down --home '${home}'`);

    expect([up.exitCode, down.exitCode], up.stderr).toEqual([0, 0]);
    expect(pids).toHaveLength(5);
    expect(pids.filter(runs)).toEqual([]);
    expect(await readdir(path.dirname(data))).not.toContain(path.basename(data));
    expect(await readdir(home)).not.toContain('.lab');
  });

  it('says which port is taken, and leaves nothing behind', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const up = await runShell(`${cli} up --ports ${port} --home '${home}'`);
    server.close();

    expect(up.exitCode).toBe(1);
    expect(up.stderr).toContain(`Expected port ${port} to be free for vault, and it is taken.`);
    expect(await readdir(home)).not.toContain('.lab');
  });

  it.each([
    [['up', '--ports', 'many'], 'Expected --ports to be `auto` or a number from 1024 to 65000, got `many`.'],
    [['start', 'orders-mcp'], 'No lab runs here. Start it: `npm run lab -- up`.'],
    [['stop', 'nobody'], 'stop orders-mcp, checkout, assistant'],
  ])('says what is wrong with %j', async (args, message) => {
    const {exitCode, stderr} = await runShell(`${cli} ${args.join(' ')} --home '${home}'`);

    expect(exitCode).toBeGreaterThan(0);
    expect(stderr).toContain(message);
  });
});

function runs(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
