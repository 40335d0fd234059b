import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context, Inspection} from '../../contract/operation.ts';
import {
  type HeldSession,
  type Holdings,
  type LiveSession,
  readHoldings,
  readMembers,
  readOrphans,
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
 * Noted roles count by oid, so that a dropped role's sessions end too; the run's held sessions are among the noted. A
 * session whose role was dropped earlier, or came and went meanwhile, is nobody's any more: it is left alone, and is no
 * success.
 */
export const endSessions: Action<z.infer<typeof input>, Holdings, PostgresSession> = {
  description: 'Ends every session of the members of a group, and of roles that were members before shutdown.',
  input,
  needs: () => [readsSessions, {path: 'pg_signal_backend', capabilities: ['member']}],
  effect: 'ends',
  prepare: async ({'member-of': group}, ctx) =>
    ctx.call('pg_stat_activity', async () => {
      await refuseOrphans(ctx);
      return readHoldings(ctx.connection, group, () => false, ctx.signal);
    }),
  execute: async (_input, state, ctx) => {
    const left = await readLeft(state, ctx);
    const failures: unknown[] = [];
    for (const one of left) await terminate(one, ctx).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  },
  inspect: async (_input, state, ctx): Promise<Inspection> => {
    const left = await readLeft(state, ctx);
    if (left.length === 0) {
      await refuseOrphans(ctx);
      return 'applied';
    }
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

/** Throws where a session outlived its role: it could be the integration's, and nothing tells. */
async function refuseOrphans({connection, signal}: Context<PostgresSession>): Promise<void> {
  const orphans = await readOrphans(connection, signal);
  if (orphans.length === 0) return;
  const pids = orphans.map(({pid}) => pid).join(', ');
  throw new DriverError(
    `Expected no session of a role that was dropped, found ${orphans.length} (process ${pids}), and nothing tells whose. End such sessions by pg_terminate_backend before a drill; in a drill, stop the integration or end its sessions before its database users are revoked.`,
    {code: 'conflict', detail: 'orphaned-sessions'},
  );
}

function isSame(one: HeldSession, other: HeldSession): boolean {
  return one.pid === other.pid && one.roleOid === other.roleOid && one.start === other.start;
}

function isNoted(live: LiveSession, state: Holdings): boolean {
  return state.sessions.some((one) => isSame(one, live));
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
