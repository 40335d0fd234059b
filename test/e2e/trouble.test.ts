import {readFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:http';
import {createServer as createTcpServer, type Socket, type Server as TcpServer} from 'node:net';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';

/** A server that is not as it should be, in place of Vault or PostgreSQL. */
type Impostor = {close(): Promise<void>};

describe('a system in trouble', () => {
  let drillLab: DrillLab;
  const impostors: Impostor[] = [];

  beforeAll(async () => {
    drillLab = await startDrillLab();
  });
  afterAll(async () => {
    await Promise.all(impostors.map((impostor) => impostor.close()));
    await drillLab?.down();
  });

  const secretId = (): Promise<string> => readFile(path.join(drillLab.lab.data, 'orders-mcp', 'secret-id'), 'utf8');
  const runWith = async (vars: string): Promise<DrillRun> => {
    const before = await secretId();
    const run = await drillLab.run('orders-mcp.yaml', vars);
    expect(await secretId()).toBe(before);
    await expect(drillLab.lab.check()).resolves.toEqual([]);
    return run;
  };
  const listening = async (server: Server | TcpServer): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket));
    impostors.push({
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          for (const socket of sockets) socket.destroy();
        }),
    });
    return address.port;
  };
  const answering = (body: string, type = 'application/json'): Promise<number> =>
    listening(createServer((_request, response) => response.writeHead(200, {'content-type': type}).end(body)));

  it('refuses a Vault that says it is another cluster', async () => {
    const health = {initialized: true, sealed: false, standby: false, cluster_name: 'production-eu', version: '2.7.2'};
    const port = await answering(JSON.stringify(health));

    const run = await runWith(`--var vault=http://127.0.0.1:${port}`);

    expect(run.exitCode).toBe(2);
    expect(run.stdout.replace(/\s+/g, ' ')).toContain('Connection `vault`: expected the server at');
    expect(run.stdout).toContain('production-eu');
  });

  it.each([
    ['is down', async () => 1],
    ['is sealed', () => answering(JSON.stringify({initialized: true, sealed: true, standby: true, version: '2.7.2'}))],
    ['answers garbage', () => answering('<html>Sign in</html>', 'text/html')],
    ['never answers', () => listening(createTcpServer(() => undefined))],
  ])('can not run while Vault %s', async (_what, start) => {
    const port = await start();

    const run = await runWith(`--var vault=http://127.0.0.1:${port}`);

    expect(run.exitCode, run.stderr).toBe(3);
    expect(run.result).toMatchObject({verdict: 'inconclusive', status: 'aborted'});
    expect(run.result?.criteria.baseline.reasons.join(' ')).toContain('Connection `vault`');
  });

  it.each([
    ['is down', async () => 1],
    ['answers garbage', () => answering('<html>Sign in</html>', 'text/html')],
    ['never answers', () => listening(createTcpServer(() => undefined))],
  ])('can not run while PostgreSQL %s', async (_what, start) => {
    const port = await start();

    const run = await runWith(`--var postgres=127.0.0.1:${port}`);

    expect(run.exitCode, run.stderr).toBe(3);
    expect(run.result?.criteria.baseline.reasons.join(' ')).toContain('Connection `shop`');
  });

  it('can not run while the integration itself is down', async () => {
    await drillLab.lab.stop('orders-mcp');

    const run = await drillLab.run('orders-mcp.yaml');
    await drillLab.lab.start('orders-mcp');

    expect(run.exitCode, run.stderr).toBe(3);
    expect(run.result?.criteria.baseline.reasons.join(' ')).toContain('Connection `orders-mcp`');
    expect(run.result?.steps.map(({status}) => status)).toEqual(Array(5).fill('not-started'));
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('rolls back and says so when interrupted in the middle', async () => {
    let sent = false;

    const run = await drillLab.run('orders-mcp.yaml', '', {
      onLine: (line, pid) => {
        if (sent || !line.includes('step revoke-leases')) return;
        sent = true;
        process.kill(pid, 'SIGINT');
      },
    });

    expect(run.exitCode, run.stderr).toBe(130);
    expect(run.result).toMatchObject({status: 'interrupted', left: []});
    expect(run.result?.verdict).not.toBe('pass');
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });
});
