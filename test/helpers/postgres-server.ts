import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chown, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import pg from 'pg';
import {choosePorts} from '../../lab/ports.ts';
import {findBinaries} from '../../lab/postgres.ts';

export type PostgresServer = {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly superuser: {readonly user: string; readonly password: string};
  /** Runs statements as superuser, over a connection of their own. */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Ends the server at once, without a word to its clients. */
  crash(): Promise<void>;
  /** Starts it again, on the same data and port. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** A real PostgreSQL with SCRAM logins, on a port that the kernel chose. */
export async function startPostgres(clusterName: string): Promise<PostgresServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-postgres-'));
  const identity = process.getuid?.() === 0 ? {uid: 65534, gid: 65534} : {};
  if (identity.uid !== undefined) await chown(folder, identity.uid, identity.gid);
  const superuser = {user: 'root_of_test', password: 'superuser-password'};
  const data = path.join(folder, 'data');
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, superuser.password, {mode: 0o644});
  const binaries = await findBinaries();
  const flags = ['-U', superuser.user, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  await promisify(execFile)(binaries.initdb, ['-D', data, ...flags, '-E', 'UTF8', '--locale=C', '-N'], identity);
  const {postgres: port} = await choosePorts('auto');
  const settings = [`cluster_name=${clusterName}`, 'fsync=off', 'unix_socket_directories=', 'shared_buffers=16MB'];
  const argv = ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...settings.flatMap((one) => ['-c', one])];
  let server: ChildProcess;

  const start = async (): Promise<void> => {
    server = spawn(binaries.postgres, argv, {...identity, stdio: ['ignore', 'ignore', 'pipe']});
    await readyLine(server);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  };
  await start();
  return {
    host: '127.0.0.1',
    port,
    superuser,
    sql: async (text, values = []) => {
      const client = new pg.Client({host: '127.0.0.1', port, database: 'postgres', ...superuser, ssl: false});
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(text, values)).rows;
      } finally {
        await client.end();
      }
    },
    crash: () => end('SIGQUIT'),
    start,
    stop: async () => {
      await end('SIGINT');
      await rm(folder, {recursive: true, force: true});
    },
  };
}

async function readyLine(server: ChildProcess): Promise<void> {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}:\n${log}`)));
    server.once('error', reject);
  });
}
