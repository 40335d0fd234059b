import {createHash} from 'node:crypto';
import * as z from 'zod';
import type {AuditEvent, AuditSource} from '../../contract/operation.ts';
import {actorOf, type DeclaredUser, readUsers} from './audit-actors.ts';
import {Recording} from './recording.ts';
import {differences, type RoleSnapshot, takeSnapshot} from './role-snapshot.ts';
import type {PostgresSession} from './session.ts';

const input = z.strictObject({});

type Notes = {
  readonly before: RoleSnapshot | undefined;
  readonly after: RoleSnapshot;
  readonly at: string;
  readonly users: readonly DeclaredUser[];
  /** Of the passwords that the run gave, by role, as a snapshot has them. */
  readonly given: Readonly<Record<string, string>>;
};

export const snapshot: AuditSource<z.infer<typeof input>, Notes, PostgresSession> = {
  description:
    'Roles, memberships, grants and owners, compared from before the first step to the end: that somebody changed them, not who.',
  input,
  ownBySessions: true,
  check: async (_given, {connection, signal}) => {
    await takeSnapshot(connection, signal);
    connection.recording = new Recording({writesMarks: false});
  },
  note: async (_given, identities, {connection, clock, signal}) => ({
    before: connection.recording?.before,
    after: await takeSnapshot(connection, signal),
    at: new Date(clock.now()).toISOString(),
    users: readUsers(identities),
    given: givenDigests(connection),
  }),
  read: async (_given, {before, after, at, users, given}) => {
    if (before === undefined) {
      return {
        events: [],
        completeTo: undefined,
        gaps: ['roles were not looked at before the first step'],
        entries: 0,
        knownBy,
      };
    }
    return {
      events: unexplained(before, after, {at, users, given, explained: new Set()}),
      completeTo: at,
      gaps: after.seesPasswords ? [] : ["this user can't see whether a password changed (superusers can)"],
      entries: Object.keys(after.roles).length,
      blind: ['what was changed and changed back leaves no difference'],
      knownBy,
    };
  },
};

/** Somebody did what may have been anything. */
export const everything = '*';

const knownBy = 'a comparison of roles before and after; not who did it';

/** Differences that neither the run, nor a declared user, nor a logged statement made (`explained`, as `operation role`), as somebody's changes. */
export function unexplained(
  before: RoleSnapshot,
  after: RoleSnapshot,
  {at, users, given, explained}: Pick<Notes, 'at' | 'users' | 'given'> & {readonly explained: ReadonlySet<string>},
): readonly AuditEvent[] {
  return differences(before, after).flatMap(({role, operation, makers}): AuditEvent[] => {
    const [maker] = makers.map((user) => actorOf(user, users)).filter(({kind}) => kind === 'workload');
    const isOwn = operation === 'alter role password' && after.roles[role]?.password === given[role];
    if (maker !== undefined || isOwn || explained.has(`${operation} ${role}`) || explained.has(everything)) return [];
    return [{time: at, operation, path: `role/${role}`, actor: {kind: 'somebody'}, effect: 'change', phase: 'audit'}];
  });
}

export function givenDigests({givenVerifiers}: PostgresSession): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...givenVerifiers].map(([role, verifier]) => [role, createHash('md5').update(verifier).digest('hex')]),
  );
}
