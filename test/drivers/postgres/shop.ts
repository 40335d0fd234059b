import pg from 'pg';
import {connection} from '../../../src/drivers/postgres/connection.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {contextOf, until} from '../../helpers/context.ts';
import {type PostgresServer, startPostgres} from '../../helpers/postgres-server.ts';

const operator = {user: 'offdrill', password: 'operator-password'};

/** A server with a group whose members an integration logs in as, Vault's own user, and an operator that may see and end sessions. */
export async function startShop(more: Parameters<typeof startPostgres>[1] = {}): Promise<PostgresServer> {
  const server = await startPostgres('offdrill-test', more);
  await server.sql(`
    create role offdrill login createrole password 'operator-password' in role pg_read_all_stats, pg_signal_backend;
    create role orders_mcp_users nologin;
    create role vault login createrole password 'vault-password';
    grant orders_mcp_users to vault with admin option;
    create table own_grant (id int); create table of_everybody (id int); create table of_group (id int);
    grant select on of_everybody to public;
    grant select on of_group to orders_mcp_users`);
  return server;
}

let users = 0;

/** A member of the group, made as Vault makes it. */
export async function createMember(server: PostgresServer): Promise<{username: string; password: string; oid: number}> {
  users += 1;
  const [username, password] = [`v-approle-${users}`, `password-${users}`];
  await server.sql(`create role "${username}" login password '${password}' in role orders_mcp_users`);
  await server.sql(`grant select on own_grant to "${username}"`);
  const [row] = await server.sql('select oid::int from pg_roles where rolname = $1', [username]);
  return {username, password, oid: Number(row?.oid)};
}

/** A role with a password of its own, which the operator may change and not use. */
export async function createChangeable(
  server: PostgresServer,
  name?: string,
): Promise<{username: string; password: string; oid: number}> {
  users += 1;
  const [username, password] = [name ?? `orders-mcp-${users}`, `static-password-${users}`];
  const quoted = `"${username.replaceAll('"', '""')}"`;
  await server.sql(`create role ${quoted} login password '${password}'`);
  await server.sql(`grant ${quoted} to offdrill with admin true, inherit false, set false`);
  const [row] = await server.sql('select oid::int from pg_roles where rolname = $1', [username]);
  return {username, password, oid: Number(row?.oid)};
}

/** A session of the integration's own: idle, and deaf to its end. */
export async function openSession(
  server: PostgresServer,
  user: {username: string; password: string},
): Promise<{pid: number; client: pg.Client; ended: Promise<void>}> {
  const {host, port} = server;
  const {username, password} = user;
  const client = new pg.Client({host, port, database: 'postgres', user: username, password, ssl: false});
  client.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  await client.connect();
  const {rows} = await client.query<{pid: number}>('select pg_backend_pid() as pid');
  return {pid: rows[0]?.pid ?? 0, client, ended};
}

/** Lets anybody in as this user, whatever the password, until the returned function is called. */
export async function trust(server: PostgresServer, username: string): Promise<() => Promise<void>> {
  const [row] = await server.sql(
    `select setting as file, pg_read_file(setting) as text from pg_settings where name = 'hba_file'`,
  );
  const write = async (text: string, isTrusted: boolean): Promise<void> => {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const literals = lines.map((line) => `'${line.replaceAll("'", "''")}'`).join(', ');
    await server.sql(`copy (select unnest(array[${literals}])) to '${row?.file}'`);
    await server.sql('select pg_reload_conf()');
    await until(async () => (await letsIn(server, username)) === isTrusted);
  };
  const before = String(row?.text);
  await write(`host all "${username}" all trust\n${before}`, true);
  return () => write(before, false);
}

async function letsIn(server: PostgresServer, username: string): Promise<boolean> {
  const opened = await openSession(server, {username, password: 'not-its-password'}).catch(() => undefined);
  await opened?.client.end();
  return opened !== undefined;
}

export async function openConnection(
  server: {readonly host: string; readonly port: number},
  given: {user?: string; password?: string; timeout?: string; tls?: string; ca?: string; database?: string} = {},
): Promise<PostgresSession> {
  const address = `${server.host}:${server.port}`;
  const input = connection.input.parse({address, database: 'postgres', ...operator, ...given});
  return connection.open(input, {...contextOf(undefined), owned: () => [], ownedEarlier: () => []});
}
