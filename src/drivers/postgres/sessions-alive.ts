import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Probe} from '../../contract/operation.ts';
import {heldSession, readsSessions, startSql} from './holdings.ts';
import {observeTrouble} from './observe-failure.ts';
import type {PostgresSession} from './session.ts';

const input = z.strictObject({
  sessions: z.object({sessions: z.array(heldSession)}).meta({description: 'What `postgres/sessions` captured'}),
});

/** Denied once none is left. Names are not asked: a dropped role's session has none, and goes on. */
export const sessionsAlive: Probe<z.infer<typeof input>, PostgresSession> = {
  description: 'Whether any of the captured sessions is still open.',
  input,
  needs: () => [readsSessions],
  carriesCredential: () => true,
  observe: async ({sessions: {sessions}}, ctx) => {
    const noted = [sessions.map((one) => one.pid), sessions.map((one) => one.roleOid)];
    try {
      return judge(sessions, await ctx.connection.ask(aliveRow, aliveSql, noted, ctx.signal));
    } catch (error) {
      return observeTrouble(error);
    }
  },
};

function judge(noted: readonly z.infer<typeof heldSession>[], found: readonly z.infer<typeof aliveRow>[]): Observation {
  if (found.some((row) => row.start === null)) return {state: 'indeterminate', code: 'no-backend-start'};
  const starts = new Set(found.map((row) => `${row.pid} ${row.roleOid} ${row.start}`));
  const alive = noted.filter((one) => starts.has(`${one.pid} ${one.roleOid} ${one.start}`)).length;
  return alive > 0
    ? {state: 'allowed', code: 'alive', facts: {alive}}
    : {state: 'denied', code: 'none-alive', facts: {alive}};
}

const aliveRow = z.object({pid: z.int(), roleOid: z.int(), start: z.string().nullable()});
const aliveSql = `
  select a.pid, a.usesysid::int8::float8 as "roleOid", ${startSql} as start
  from pg_catalog.pg_stat_activity a
  join unnest($1::int4[], $2::oid[]) as noted (pid, role) on noted.pid = a.pid and noted.role = a.usesysid`;
