import * as z from 'zod';
import type {Action, Context, Inspection} from '../../contract/operation.ts';
import {
  type Holdings,
  type LiveSession,
  readHoldings,
  readMembers,
  readSessions,
  readsSessions,
  startSql,
} from './holdings.ts';
import type {PostgresSession} from './session.ts';

const input = z.strictObject({
  'member-of': z.string().min(1).meta({description: 'The role whose members’ sessions end'}),
});

/**
 * Ends what was noted before shutdown and what the group's members of this moment hold, in every database of the server.
 * Noted roles count by oid, so that a dropped role's sessions end too; the run's held sessions are among the noted.
 */
export const endSessions: Action<z.infer<typeof input>, Holdings, PostgresSession> = {
  description: 'Ends every session of the members of a group, and of roles that were members before shutdown.',
  input,
  needs: () => [readsSessions, {path: 'pg_signal_backend', capabilities: ['member']}],
  effect: 'ends',
  prepare: async ({'member-of': group}, ctx) =>
    ctx.call('pg_stat_activity', () => readHoldings(ctx.connection, group, () => false, ctx.signal)),
  execute: async (_input, state, ctx) => {
    const left = await readLeft(state, ctx);
    const failures: unknown[] = [];
    for (const one of left) await terminate(one, ctx).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  },
  inspect: async (_input, state, ctx): Promise<Inspection> => {
    const left = await readLeft(state, ctx);
    if (left.length === 0) return 'applied';
    const noted = left.filter((one) => isNoted(one, state)).length;
    return noted < state.sessions.length ? 'partly' : 'not-applied';
  },
};

/** A login of the run's own probes that happens to be open is nobody's session: it is over in a moment, and is let be. */
async function readLeft(state: Holdings, ctx: Context<PostgresSession>): Promise<readonly LiveSession[]> {
  const {connection, signal} = ctx;
  const members = (await readMembers(connection, state.group, signal)) ?? [];
  const oids = new Set([...state.roles, ...members].map((role) => role.oid));
  const live = await readSessions(connection, [...oids], signal);
  return live.filter((one) => one.application !== connection.applicationName || isNoted(one, state));
}

function isNoted(live: LiveSession, state: Holdings): boolean {
  return state.sessions.some((one) => one.pid === live.pid && one.roleOid === live.roleOid && one.start === live.start);
}

/** The process number is asked for together with role and start, for it may belong to somebody else by now. */
async function terminate({pid, roleOid, start}: LiveSession, ctx: Context<PostgresSession>): Promise<void> {
  await ctx.call('pg_terminate_backend', () =>
    ctx.connection.ask(z.unknown(), terminateSql, [pid, roleOid, start], ctx.signal),
  );
}

const terminateSql = `
  select pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
  where a.pid = $1 and a.usesysid = $2::oid and ${startSql} = $3`;
