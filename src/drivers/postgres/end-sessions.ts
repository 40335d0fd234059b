import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import {ofPresence} from '../../contract/fields.ts';
import type {Action, Context, Inspection} from '../../contract/operation.ts';
import {rolesScope} from './audit-actors.ts';
import {
  type HeldSession,
  heldRole,
  heldSession,
  type LiveSession,
  readHoldings,
  readMembers,
  readOrphans,
  readSessions,
  readsSessions,
  startSql,
} from './holdings.ts';
import {quoteIdentifier} from './quote.ts';
import type {PostgresSession} from './session.ts';

const input = z
  .strictObject({
    'member-of': z.string().min(1).optional().meta({description: 'The role whose members’ sessions end'}),
    sessions: z
      .object({roles: z.array(heldRole), sessions: z.array(heldSession)})
      .optional()
      .meta({description: 'What `postgres/sessions` captured: these end, and all others of the same roles'}),
  })
  .refine((given) => given['member-of'] !== undefined || given.sessions !== undefined, {
    message: 'Expected `member-of`, `sessions` or both.',
    ...ofPresence,
  });

const rights = [readsSessions, {path: 'pg_signal_backend', capabilities: ['member']}] as const;

/** Roles by oid, and their sessions as they were before shutdown. */
type State = {
  readonly group?: string;
  readonly roles: readonly {readonly oid: number; readonly name: string}[];
  readonly sessions: readonly HeldSession[];
};

/**
 * Ends what was captured, what was noted before shutdown, and what the group's members of this moment hold, in every
 * database of the server. Roles count by oid, so that a dropped role's sessions end too; the run's held sessions are among
 * the noted. A session of a dropped role that was neither captured nor noted is nobody's any more: it is left alone, and is
 * no success.
 */
export const endSessions: Action<z.infer<typeof input>, State, PostgresSession> = {
  description:
    'Ends every session of the members of a group, and of roles that were members or captured before shutdown.',
  input,
  needs: () => rights,
  effect: 'ends',
  scope: rolesScope,
  prepare: async ({'member-of': group, sessions: captured}, ctx) =>
    ctx.call('pg_stat_activity', async () => {
      const {connection, signal} = ctx;
      await refuseWithoutRights(ctx);
      await refuseOrphans(captured?.roles ?? [], ctx);
      const ofGroup = group === undefined ? undefined : await readHoldings(connection, group, () => false, signal);
      const roles = uniqueRoles([...(captured?.roles ?? []), ...(ofGroup?.roles ?? [])]);
      const oids = roles.map((role) => role.oid);
      const live = await readSessions(connection, oids, signal);
      const sessions = live.map(({pid, roleOid, start}) => ({pid, roleOid, start}));
      return {...(group === undefined ? {} : {group}), roles, sessions};
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
      await refuseOrphans(state.roles, ctx);
      return 'applied';
    }
    const noted = left.filter((one) => isNoted(one, state)).length;
    return noted < state.sessions.length ? 'partly' : 'not-applied';
  },
};

/** Found before shutdown, and not when the first session of somebody else is to end. */
async function refuseWithoutRights({connection, signal}: Context<PostgresSession>): Promise<void> {
  const [right] = await connection.missing(rights, signal);
  if (right === undefined) return;
  throw new DriverError(
    `Expected the connection’s user to have the rights of \`${right.path}\`, found that it lacks them. Run \`grant ${right.path} to ${quoteIdentifier(connection.user)}\`.`,
    {code: 'forbidden', detail: right.path},
  );
}

function uniqueRoles(roles: State['roles']): State['roles'] {
  return [...new Map(roles.map((role) => [role.oid, role])).values()];
}

/** A login of the run's own probes that happens to be open is nobody's session: it is over in a moment, and is let be. */
async function readLeft(state: State, ctx: Context<PostgresSession>): Promise<readonly LiveSession[]> {
  const {connection, signal} = ctx;
  const members = state.group === undefined ? [] : ((await readMembers(connection, state.group, signal)) ?? []);
  const oids = new Set([...state.roles, ...members].map((role) => role.oid));
  const live = await readSessions(connection, [...oids], signal);
  return live.filter((one) => one.application !== connection.applicationName || isNoted(one, state));
}

/** Throws where a session outlived its role, and the role is none of the known: it could be the integration's, and nothing tells. */
async function refuseOrphans(known: State['roles'], {connection, signal}: Context<PostgresSession>): Promise<void> {
  const oids = new Set(known.map((role) => role.oid));
  const orphans = (await readOrphans(connection, signal)).filter((one) => !oids.has(one.roleOid));
  if (orphans.length === 0) return;
  const pids = orphans.map(({pid}) => pid).join(', ');
  throw new DriverError(
    `Expected no session of a role that was dropped, found ${orphans.length} (process ${pids}), and nothing tells whose. End such sessions by pg_terminate_backend before a drill; in a drill, stop the integration or end its sessions before its database users are revoked, or end what was captured (sessions:).`,
    {code: 'conflict', detail: 'orphaned-sessions'},
  );
}

function isSame(one: HeldSession, other: HeldSession): boolean {
  return one.pid === other.pid && one.roleOid === other.roleOid && one.start === other.start;
}

function isNoted(live: LiveSession, state: State): boolean {
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
