import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {parseEnv} from 'node:util';
import pg from 'pg';
import * as z from 'zod';
import type {Lab} from '../../lab/lab.ts';

/** What the integration holds, as OpenBao tells its root. */
export type Holdings = {
  readonly secretId: string;
  readonly secretIds: readonly string[];
  readonly tokens: readonly string[];
  readonly leases: readonly string[];
  /** Run tokens that live. */
  readonly runTokens: readonly string[];
};

const role = 'auth/approle/role/orders-mcp';

export async function readHoldings(lab: Lab): Promise<Holdings> {
  const accessors = await list(lab, 'auth/token/accessors');
  const tokens = await Promise.all(accessors.map((accessor) => ask(lab, 'auth/token/lookup-accessor', {accessor})));
  const living = tokens.flatMap(({status, body}) => (status === 200 ? [tokenSchema.parse(body).data] : []));
  return {
    secretId: (await readFile(path.join(lab.data, 'orders-mcp', 'secret-id'), 'utf8')).trim(),
    secretIds: await list(lab, `${role}/secret-id`),
    tokens: living.filter(({meta}) => meta?.role_name === 'orders-mcp').map(({accessor}) => accessor),
    leases: (await list(lab, 'sys/leases/lookup/database/creds/orders-mcp')).map(
      (key) => `database/creds/orders-mcp/${key}`,
    ),
    runTokens: living
      .filter(({display_name: name, meta}) => name === 'token-offdrill' || meta?.offdrill_run !== undefined)
      .map(({accessor}) => accessor),
  };
}

/** By value, as whoever holds it would find out. */
export async function isSecretIdAlive(lab: Lab, secretId: string): Promise<boolean> {
  const {status, body} = await ask(lab, `${role}/secret-id/lookup`, {secret_id: secretId});
  return status === 200 && body !== undefined;
}

/** What the integration has in the database, as PostgreSQL tells it. */
export type DatabaseHoldings = {
  /** Oids of its users: a user of the same name that was made anew is another. */
  readonly users: readonly string[];
  readonly sessions: readonly {readonly id: string; readonly user: string}[];
};

export async function readDatabase(lab: Lab): Promise<DatabaseHoldings> {
  const env = parseEnv(await readFile(path.join(lab.data, 'offdrill.env'), 'utf8'));
  const [host = '', port] = lab.addresses.postgres.split(':');
  const login = {user: 'offdrill', password: env.OFFDRILL_DB_ADMIN_PASSWORD};
  const client = new pg.Client({host, port: Number(port), database: 'shop', ...login, ssl: false});
  await client.connect();
  try {
    const members = "select member from pg_auth_members where roleid = 'orders_mcp_users'::regrole";
    const users = await client.query(
      `select oid::text from pg_roles where oid in (${members}) and rolname like 'v-%' order by oid`,
    );
    const sessions = await client.query(
      `select pid || ' ' || backend_start as id, usesysid::text as user from pg_stat_activity where usesysid in (${members}) and usename like 'v-%' or usesysid is not null and usename is null`,
    );
    return {users: users.rows.map(({oid}) => oid), sessions: sessions.rows};
  } finally {
    await client.end();
  }
}

const tokenSchema = z.object({
  data: z.object({
    accessor: z.string(),
    display_name: z.string(),
    meta: z.record(z.string(), z.string()).nullish(),
  }),
});
const keysSchema = z.object({data: z.object({keys: z.array(z.string())})});

async function list(lab: Lab, where: string): Promise<readonly string[]> {
  const {status, body} = await ask(lab, `${where}?list=true`);
  return status === 404 ? [] : keysSchema.parse(body).data.keys;
}

async function ask(lab: Lab, where: string, body?: unknown): Promise<{status: number; body: unknown}> {
  const response = await fetch(`${lab.addresses.vault}/v1/${where}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {'x-vault-token': lab.rootToken()},
    ...(body === undefined ? {} : {body: JSON.stringify(body)}),
  });
  const text = await response.text();
  return {status: response.status, body: text === '' ? undefined : JSON.parse(text)};
}
