import * as z from 'zod';
import type {Probe} from '../../contract/operation.ts';
import {heldRole} from './holdings.ts';
import {observeTrouble} from './observe-failure.ts';
import type {PostgresSession} from './session.ts';

const input = z.strictObject({
  roles: z.object({roles: z.array(heldRole)}).meta({description: 'What `postgres/sessions` captured'}),
});

/** Denied says only that DROP ROLE has a free way; that the roles are gone is another question. */
export const ownedObjects: Probe<z.infer<typeof input>, PostgresSession> = {
  description: 'Whether a captured role owns objects, or has grants, that keep it from being dropped (2BP01).',
  input,
  carriesCredential: () => false,
  observe: async ({roles: {roles}}, {connection, signal}) => {
    try {
      const [row] = await connection.ask(heldRow, heldSql, [roles.map((role) => role.oid)], signal);
      const {owned, granted} = row ?? {owned: 0, granted: 0};
      if (owned > 0) return {state: 'allowed', code: 'owns', facts: {owned, granted}};
      return granted > 0
        ? {state: 'allowed', code: 'granted', facts: {owned, granted}}
        : {state: 'denied', code: 'none', facts: {owned, granted}};
    } catch (error) {
      return observeTrouble(error);
    }
  },
};

const heldRow = z.object({owned: z.int(), granted: z.int()});

// What Vault's own revocation takes away in the connection's database (tables, sequences, schemas, CONNECT) keeps nothing.
// Of memberships, only being the grantor does; `oid` of pg_auth_members is there since PostgreSQL 16, as such entries are.
const heldSql = `
  select count(*) filter (where d.deptype = 'o')::int as owned, count(*) filter (where d.deptype <> 'o')::int as granted
  from pg_catalog.pg_shdepend d, (select oid from pg_catalog.pg_database where datname = current_database()) here
  where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = any($1::oid[])
    and not (d.deptype = 'a' and d.dbid = here.oid
      and d.classid in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_namespace'::regclass))
    and not (d.deptype = 'a' and d.classid = 'pg_catalog.pg_database'::regclass and d.objid = here.oid)
    and not (d.classid = 'pg_catalog.pg_auth_members'::regclass and not exists (
      select from pg_catalog.pg_auth_members m where to_jsonb(m) ->> 'oid' = d.objid::text and m.grantor = d.refobjid))`;
