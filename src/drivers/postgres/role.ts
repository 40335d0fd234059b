import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {quoteIdentifier} from './quote.ts';
import type {PostgresSession} from './session.ts';

/** PostgreSQL cuts a longer name without an error, and would change the role of the shorter one. */
export const roleField = z
  .string()
  .min(1)
  .refine(
    (name) => Buffer.byteLength(name) <= 63 && !name.includes('\0'),
    'Expected the name of a role, of at most 63 bytes.',
  )
  .meta({description: 'The role, exactly as it stands in `pg_roles`'});

/** A name may come to mean another role; the oid does not. */
export type RoleState = {readonly oid: number};

/** Throws where the role does not exist, or must not or can not be changed by the connection's user. */
export async function prepareRole(name: string, ctx: Context<PostgresSession>): Promise<Role> {
  const [role] = await ctx.call('pg_roles', () => readRoles({name}, ctx));
  if (role === undefined) throw noSuchRole(name);
  if (role.isOwn) throw refused(name, 'not to be the connection’s own', 'Name the integration’s role.', 'own-role');
  if (role.isSuperuser) throw refused(name, 'not to be a superuser', 'Take that right from it first.', 'superuser');
  const user = quoteIdentifier(ctx.connection.user);
  if (!role.mayCreateRoles) throw lacking(name, 'CREATEROLE', `alter role ${user} createrole`);
  if (role.needsAdmin && !role.isAdmin) {
    const grant = `grant ${quoteIdentifier(name)} to ${user} with admin true, inherit false, set false`;
    throw lacking(name, 'ADMIN OPTION', grant);
  }
  return role;
}

/** `clause` is what follows `ALTER ROLE name`, and holds no password. */
export async function alterRole(
  name: string,
  {oid}: RoleState,
  clause: string,
  ctx: Context<PostgresSession>,
): Promise<void> {
  const [role] = await ctx.call('pg_roles', () => readRoles({oid}, ctx));
  if (role === undefined) throw noSuchRole(name);
  ctx.connection.changedRoles.add(role.name);
  await ctx.call('alter-role', () =>
    ctx.connection.change(`alter role ${quoteIdentifier(role.name)} ${clause}`, ctx.signal),
  );
}

/** Every role that has this name or this oid. */
export async function readRoles(
  {name = null, oid = null}: {readonly name?: string | null; readonly oid?: number | null},
  {connection, signal}: Pick<Context<PostgresSession>, 'connection' | 'signal'>,
): Promise<readonly Role[]> {
  return connection.ask(roleRow, rolesSql, [name, oid], signal);
}

export type Role = z.infer<typeof roleRow>;

const roleRow = z.object({
  oid: z.int(),
  name: z.string(),
  canLogIn: z.boolean(),
  isExpired: z.boolean(),
  isSuperuser: z.boolean(),
  isOwn: z.boolean(),
  mayCreateRoles: z.boolean(),
  isAdmin: z.boolean(),
  needsAdmin: z.boolean(),
});

// Until PostgreSQL 15, CREATEROLE is enough to change any role but a superuser.
const rolesSql = `
  select r.oid::int8::float8 as oid, r.rolname::text as name, r.rolcanlogin as "canLogIn",
    coalesce(r.rolvaliduntil <= now(), false) as "isExpired", r.rolsuper as "isSuperuser",
    r.rolname in (current_user, session_user) as "isOwn", me.rolcreaterole or me.rolsuper as "mayCreateRoles",
    pg_has_role(current_user, r.oid, 'member with admin option') as "isAdmin",
    current_setting('server_version_num')::int >= 160000 as "needsAdmin"
  from pg_catalog.pg_roles r, pg_catalog.pg_roles me
  where (r.rolname = $1::text or r.oid = $2::oid) and me.rolname = current_user`;

function noSuchRole(name: string): DriverError {
  return new DriverError(`Expected a role \`${name}\` on the server, found none. Correct \`role\`.`, {
    code: 'not-found',
    detail: 'no-such-role',
  });
}

function refused(name: string, expected: string, remedy: string, detail: string): DriverError {
  return new DriverError(`Expected role \`${name}\` ${expected}, and it is. ${remedy}`, {code: 'conflict', detail});
}

function lacking(name: string, right: string, statement: string): DriverError {
  return new DriverError(
    `Expected the connection’s user to have ${right} for role \`${name}\`, found that it lacks it. Run \`${statement}\`.`,
    {code: 'forbidden', detail: right},
  );
}
