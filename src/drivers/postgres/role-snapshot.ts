import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';

/** Everything about roles that a user may read, as it is at one moment. Holds no secret. */
export type RoleSnapshot = {
  readonly roles: Readonly<Record<string, RoleFacts>>;
  /** Who owns what, by `relation 16384`; system catalogs are left out. */
  readonly owners: Readonly<Record<string, string>>;
  /** Whether this user may see that a password changed. */
  readonly seesPasswords: boolean;
};

type RoleFacts = {
  readonly oid: number;
  readonly attributes: string;
  /** Groups that it is in, as `orders_mcp_users true` where it administers that too. */
  readonly groups: readonly string[];
  /** What it may do with what, as `relation 16384 SELECT`. */
  readonly grants: readonly string[];
  /** A digest of its verifier: it tells whether the password changed, and nothing else. Empty where it can't be seen. */
  readonly password: string;
  /** Who made it, as far as the server keeps that: whoever does is given it to administer. */
  readonly makers: readonly string[];
};

const snapshotRow = z.object({
  roles: z.array(
    z.object({
      name: z.string(),
      oid: z.number(),
      attributes: z.string(),
      groups: z.array(z.string()),
      grants: z.array(z.string()),
      makers: z.array(z.string()),
    }),
  ),
  owners: z.record(z.string(), z.string()),
});

/** One statement, so that it is of one moment. */
const snapshotSql = `
  with things as (
    select 'relation ' || c.oid as thing, c.relowner as owner, c.relacl as acl from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    union all select 'function ' || p.oid, p.proowner, p.proacl from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    union all select 'schema ' || oid, nspowner, nspacl from pg_catalog.pg_namespace where nspname !~ '^pg_'
    union all select 'database ' || oid, datdba, datacl from pg_catalog.pg_database
  ), granted as (
    select thing, owner, (aclexplode(acl)).* from things
  )
  select
    (select coalesce(json_agg(json_build_object(
      'name', r.rolname, 'oid', r.oid::bigint,
      'attributes', concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
        r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil, r.rolconfig),
      'groups', (select coalesce(json_agg(g.rolname || ' ' || m.admin_option), '[]')
        from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid where m.member = r.oid),
      'grants', (select coalesce(json_agg(concat_ws(' ', a.thing, a.privilege_type, a.is_grantable)), '[]')
        from granted a where a.grantee = r.oid and a.owner <> r.oid),
      'makers', (select coalesce(json_agg(distinct maker.rolname), '[]')
        from pg_catalog.pg_auth_members m join pg_catalog.pg_roles maker on maker.oid = m.member
        where m.roleid = r.oid and m.admin_option and m.grantor = 10)
    )), '[]') from pg_catalog.pg_roles r where r.rolname !~ '^pg_') as roles,
    (select coalesce(json_object_agg(t.thing, pg_catalog.pg_get_userbyid(t.owner)), '{}') from things t) as owners`;

const passwordRow = z.object({name: z.string(), password: z.string()});
const passwordsSql = `
  select rolname::text as name, md5(coalesce(rolpassword, '')) as password from pg_catalog.pg_authid`;

/** The connection, as far as it is asked. */
export type Asking = {
  ask<T>(row: z.ZodType<T>, text: string, values: readonly unknown[], signal: AbortSignal): Promise<T[]>;
};

export async function takeSnapshot(session: Asking, signal: AbortSignal): Promise<RoleSnapshot> {
  const [row] = await session.ask(snapshotRow, snapshotSql, [], signal);
  const passwords = await session.ask(passwordRow, passwordsSql, [], signal).catch((error: unknown) => {
    if (error instanceof DriverError && error.detail === '42501') return undefined;
    throw error;
  });
  const byName = new Map(passwords?.map(({name, password}) => [name, password]));
  const roles = (row?.roles ?? []).map(({name, ...facts}) => [name, {...facts, password: byName.get(name) ?? ''}]);
  return {roles: Object.fromEntries(roles), owners: row?.owners ?? {}, seesPasswords: passwords !== undefined};
}

export type RoleDifference = {
  readonly role: string;
  readonly operation: 'create role' | 'drop role' | 'alter role' | 'alter role password' | 'grant' | 'alter owner';
  readonly makers: readonly string[];
};

/**
 * How roles differ, a line for each kind of difference. What was made or dropped meanwhile is in nobody's grants and groups:
 * who makes a role is put into it by the server.
 */
export function differences(before: RoleSnapshot, after: RoleSnapshot): readonly RoleDifference[] {
  const names = new Set([...Object.keys(before.roles), ...Object.keys(after.roles)]);
  const isKept = (role: string): boolean =>
    role.startsWith('pg_') || (Object.hasOwn(before.roles, role) && Object.hasOwn(after.roles, role));
  const isKeptThing = (thing: string): boolean =>
    before.owners[thing] !== undefined && before.owners[thing] === after.owners[thing];
  const groupsOf = ({groups}: RoleFacts): string =>
    listOf(groups.filter((group) => isKept(group.replace(/ \w+$/, ''))));
  const grantsOf = ({grants}: RoleFacts): string =>
    listOf(grants.filter((grant) => isKeptThing(grant.split(' ').slice(0, 2).join(' '))));
  const ofRoles = [...names].toSorted().flatMap((role): RoleDifference[] => {
    const [was, is] = [before.roles[role], after.roles[role]];
    const makers = [...new Set([...(was?.makers ?? []), ...(is?.makers ?? [])])];
    if (was === undefined) return [{role, operation: 'create role', makers}];
    if (is === undefined) return [{role, operation: 'drop role', makers}];
    const isSame = was.oid === is.oid && was.attributes === is.attributes && groupsOf(was) === groupsOf(is);
    const kinds = [
      isSame ? [] : ['alter role' as const],
      was.password === is.password ? [] : ['alter role password' as const],
      grantsOf(was) === grantsOf(is) ? [] : ['grant' as const],
    ];
    return kinds.flat().map((operation) => ({role, operation, makers}));
  });
  const moved = Object.entries(after.owners).flatMap(([thing, owner]) =>
    before.owners[thing] === undefined || before.owners[thing] === owner ? [] : [owner],
  );
  return [...ofRoles, ...[...new Set(moved)].map((role) => ({role, operation: 'alter owner' as const, makers: []}))];
}

function listOf(texts: readonly string[]): string {
  return texts.toSorted().join();
}
