import {createHash} from 'node:crypto';
import type {AuditEvent, Context, DeclaredIdentity} from '../../contract/operation.ts';
import {actorOf, type DeclaredUser, readUsers} from './audit-actors.ts';
import {differences, type RoleSnapshot, takeSnapshot} from './role-snapshot.ts';
import type {PostgresSession} from './session.ts';

/** Roles from before the first step and at the end, with what tells whose doing a difference is. */
export type Comparison = {
  /** Undefined where nobody looked before the first step. */
  readonly before: RoleSnapshot | undefined;
  readonly after: RoleSnapshot;
  readonly users: readonly DeclaredUser[];
  /** Of the passwords that the run gave, by role, as a snapshot has them. */
  readonly given: Readonly<Record<string, string>>;
  /** Roles that the run itself changed. */
  readonly changed: readonly string[];
};

export async function takeComparison(
  identities: readonly DeclaredIdentity[],
  {connection, signal}: Context<PostgresSession>,
): Promise<Comparison> {
  return {
    before: connection.recording?.before,
    after: await takeSnapshot(connection, signal),
    users: readUsers(identities),
    given: Object.fromEntries([...connection.givenVerifiers].map(([role, verifier]) => [role, digestOf(verifier)])),
    changed: [...connection.changedRoles],
  };
}

/**
 * Differences that neither a declared user nor a logged statement (`explained`, as `operation role`) accounts for, as somebody's
 * changes; and those of which nobody can tell whether they are the run's own, as gaps.
 */
export function compare(
  {before, after, users, given, changed}: Comparison,
  {at, explained}: {readonly at: string; readonly explained: ReadonlySet<string>},
): {readonly events: readonly AuditEvent[]; readonly gaps: readonly string[]} {
  if (before === undefined) return {events: [], gaps: ['roles were not looked at before the first step']};
  const left = differences(before, after).filter(({role, operation, makers}) => {
    const isOfWorkload = makers.some((user) => actorOf(user, users).kind === 'workload');
    const isGiven = operation === 'alter role password' && after.roles[role]?.password === given[role];
    return !isOfWorkload && !isGiven && !explained.has(`${operation} ${role}`);
  });
  const isDoubtful = ({role, operation}: (typeof left)[number]): boolean =>
    operation === 'alter role' && changed.includes(role);
  return {
    events: left
      .filter((one) => !isDoubtful(one))
      .map(({role, operation}) => ({
        time: at,
        operation,
        path: `role/${role}`,
        actor: {kind: 'somebody'},
        effect: 'change',
        phase: 'audit',
      })),
    gaps: left
      .filter(isDoubtful)
      .map(
        ({role}) =>
          `role \`${role}\` is not as it was, and the run changed it too: whose doing that is can not be told`,
      ),
  };
}

function digestOf(verifier: string): string {
  return createHash('md5').update(verifier).digest('hex');
}
