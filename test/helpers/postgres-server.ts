import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chown, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import pg from 'pg';
import {removeContainer, startContainer as startStopped, stopContainer} from '../../lab/containers.ts';
import {choosePorts} from '../../lab/ports.ts';
import {findBinaries, postgresAnswers} from '../../lab/postgres.ts';
import {waitFor} from '../../lab/wait-for.ts';
import {readiness, startPostgresContainer, testImages} from './test-images.ts';

export type PostgresServer = {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly superuser: {readonly user: string; readonly password: string};
  /** Runs statements as superuser, over a connection of their own. */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Sends a signal to one of its processes, by the number that the server knows it by. */
  kill(pid: number, signal: NodeJS.Signals): Promise<void>;
  /** Ends the server at once, without a word to its clients. */
  crash(): Promise<void>;
  /** Starts it again, on the same data and port. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

type Server = Pick<PostgresServer, 'kill' | 'crash' | 'start' | 'stop'>;

const superuser = {user: 'root_of_test', password: 'superuser-password'};

/** A real PostgreSQL with SCRAM logins, on a free port: in a container where the tests were given an image, else a process. */
export async function startPostgres(
  clusterName: string,
  more: {
    /** A folder for the server's log, which both this process and the server reach. */
    readonly logs?: string;
    readonly settings?: readonly string[];
  } = {},
): Promise<PostgresServer> {
  const {postgres: port} = await choosePorts('auto');
  const usual = [`cluster_name=${clusterName}`, 'fsync=off', 'shared_buffers=16MB'];
  const settings = [...usual, ...(more.settings ?? [])].flatMap((one) => ['-c', one]);
  const {postgres: image} = testImages(process.env);
  const server = await (image === undefined
    ? startProcess(port, settings)
    : startContainer(image, port, settings, more.logs));
  return {
    ...server,
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
  };
}

async function startContainer(
  image: string,
  port: number,
  settings: readonly string[],
  logs: string | undefined,
): Promise<Server> {
  const folders = logs === undefined ? [] : [logs];
  const started = await startPostgresContainer(image, {port, ...superuser, settings, folders});
  const isReady = () => postgresAnswers({host: '127.0.0.1', port});
  await waitFor('PostgreSQL answers', 30_000, isReady);
  return {
    kill: async (pid, signal) => {
      const {exitCode, output} = await started.exec(['sh', '-c', `kill -${signal.replace('SIG', '')} ${pid}`]);
      if (exitCode !== 0) throw new Error(`Expected to send ${signal} to ${pid}: ${output}`);
    },
    crash: () => stopContainer(started.getId(), 'SIGQUIT'),
    start: async () => {
      await startStopped(started.getId());
      await waitFor('PostgreSQL answers', 30_000, isReady);
    },
    stop: () => removeContainer(started.getId()),
  };
}

async function startProcess(port: number, settings: readonly string[]): Promise<Server> {
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-postgres-'));
  const identity = process.getuid?.() === 0 ? {uid: 65534, gid: 65534} : {};
  if (identity.uid !== undefined) await chown(folder, identity.uid, identity.gid);
  const data = path.join(folder, 'data');
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, superuser.password, {mode: 0o644});
  const binaries = await findBinaries();
  const flags = ['-U', superuser.user, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  await promisify(execFile)(binaries.initdb, ['-D', data, ...flags, '-E', 'UTF8', '--locale=C', '-N'], identity);
  const argv = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-c', 'unix_socket_directories=', ...settings];
  let server: ChildProcess;

  const start = async (): Promise<void> => {
    server = spawn(binaries.postgres, argv, {...identity, stdio: ['ignore', 'ignore', 'pipe']});
    await readyLine(server);
    await waitFor('PostgreSQL answers', 30_000, () => postgresAnswers({host: '127.0.0.1', port}));
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  };
  await start();
  return {
    kill: async (pid, signal) => void process.kill(pid, signal),
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
      if (readiness.test(log)) resolve();
    });
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}:\n${log}`)));
    server.once('error', reject);
  });
}
