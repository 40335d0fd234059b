import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {PostgresSession} from './session.ts';

const memberRow = z.object({oid: z.int(), name: z.string(), canLogIn: z.boolean()});
const sessionRow = z.object({pid: z.int(), roleOid: z.int(), start: z.string().nullable(), application: z.string()});

/** A session is told by its process, its role's oid and its start: a name or a process number alone may come again. */
export const heldSession = z.object({
  pid: z.int(),
  roleOid: z.int(),
  start: z.string().meta({description: 'ISO 8601 with microseconds'}),
});

export const heldRole = z.object({oid: z.int(), name: z.string()});

/** What the members of a group hold. */
export const holdings = z.object({
  group: z.string(),
  roles: z.array(heldRole),
  sessions: z.array(heldSession.extend({role: z.string()})),
});

export type HeldSession = z.infer<typeof heldSession>;
export type Holdings = z.infer<typeof holdings>;
export type LiveSession = HeldSession & {readonly application: string};
type Member = z.infer<typeof memberRow>;

/** The right to see other users' `backend_start`. */
export const readsSessions = {path: 'pg_read_all_stats', capabilities: ['member']} as const;

/** The group's members and their sessions, but those that `isLeftOut` names. Throws `not-found` where there is no such group. */
export async function readHoldings(
  session: PostgresSession,
  group: string,
  isLeftOut: (live: LiveSession) => boolean,
  signal: AbortSignal,
): Promise<Holdings> {
  const members = await readMembers(session, group, signal);
  if (members === undefined) {
    const message = `Expected a role \`${group}\` on the server, found none. Correct \`member-of\`.`;
    throw new DriverError(message, {code: 'not-found'});
  }
  const oids = members.map((member) => member.oid);
  const live = (await readSessions(session, oids, signal)).filter((one) => !isLeftOut(one));
  const nameOf = new Map(members.map((member) => [member.oid, member.name]));
  const holders = new Set(live.map((one) => one.roleOid));
  return {
    group,
    roles: members.filter((member) => member.canLogIn || holders.has(member.oid)).map(({oid, name}) => ({oid, name})),
    sessions: live.map(({pid, roleOid, start}) => ({pid, roleOid, start, role: nameOf.get(roleOid) ?? ''})),
  };
}

/** The group and its members at any depth, without those that may hand the membership on; undefined where there is no such group. */
export async function readMembers(
  session: PostgresSession,
  group: string,
  signal: AbortSignal,
): Promise<readonly Member[] | undefined> {
  const rows = await session.ask(memberRow, membersSql, [group], signal);
  return rows.length === 0 ? undefined : rows;
}

/** Sessions of these roles in every database of the server, also of roles that were dropped; never the run's own work. */
export async function readSessions(
  session: PostgresSession,
  roleOids: readonly number[],
  signal: AbortSignal,
): Promise<readonly LiveSession[]> {
  const rows = await session.ask(sessionRow, sessionsSql, [roleOids, session.ownPids], signal);
  return rows.map(({start, ...row}) => {
    if (start !== null) return {...row, start};
    const message =
      "Expected to see when other users' sessions began, got nothing. Grant `pg_read_all_stats` to the connection's user.";
    throw new DriverError(message, {code: 'forbidden', detail: 'pg_read_all_stats'});
  });
}

/** Sessions of roles that were dropped: nothing tells any more whose they are. Never the run's own work. */
export async function readOrphans(session: PostgresSession, signal: AbortSignal): Promise<readonly HeldSession[]> {
  const rows = await session.ask(sessionRow, orphansSql, [session.ownPids], signal);
  return rows.flatMap(({pid, roleOid, start, application}) =>
    start === null || application === session.applicationName ? [] : [{pid, roleOid, start}],
  );
}

/** One text for one moment, whatever the time zone of the session. */
export const startSql = `to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

// Since PostgreSQL 16 one membership may be granted several times, by several grantors: one with admin option is enough.
const membersSql = `
  with recursive granted as (
    select roleid, member, bool_or(admin_option) as is_admin from pg_catalog.pg_auth_members group by roleid, member
  ), reached (oid) as (
    select oid from pg_catalog.pg_roles where rolname = $1
    union
    select granted.member from reached join granted on granted.roleid = reached.oid and not granted.is_admin
  )
  select r.oid::int8::float8 as oid, r.rolname::text as name, r.rolcanlogin as "canLogIn"
  from pg_catalog.pg_roles r join reached on reached.oid = r.oid
  where not exists (
    select from granted join reached on reached.oid = granted.roleid where granted.member = r.oid and granted.is_admin
  )
  order by r.oid`;

const sessionsSql = `
  select a.pid, a.usesysid::int8::float8 as "roleOid", ${startSql} as start, coalesce(a.application_name, '') as application
  from pg_catalog.pg_stat_activity a
  where a.usesysid = any($1::oid[]) and a.pid <> pg_backend_pid() and a.pid <> all($2::int4[])
    and a.backend_type is distinct from 'parallel worker'
  order by a.pid`;

const orphansSql = `
  select a.pid, a.usesysid::int8::float8 as "roleOid", ${startSql} as start, coalesce(a.application_name, '') as application
  from pg_catalog.pg_stat_activity a
  where a.backend_type = 'client backend' and a.usesysid is not null and a.pid <> all($1::int4[])
    and not exists (select from pg_catalog.pg_roles r where r.oid = a.usesysid)
  order by a.pid`;
