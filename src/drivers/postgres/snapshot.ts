import * as z from 'zod';
import type {AuditSource} from '../../contract/operation.ts';
import {type Comparison, compare, takeComparison} from './comparison.ts';
import {Recording} from './recording.ts';
import {takeSnapshot} from './role-snapshot.ts';
import type {PostgresSession} from './session.ts';

const input = z.strictObject({});

type Notes = Comparison & {readonly at: string};

export const snapshot: AuditSource<z.infer<typeof input>, Notes, PostgresSession> = {
  description:
    'Roles, memberships, grants and owners, compared from before the first step to the end: that somebody changed them, not who.',
  input,
  ownBySessions: true,
  check: async (_given, {connection, signal}) => {
    await takeSnapshot(connection, signal);
    connection.recording = new Recording({writesMarks: false});
  },
  note: async (_given, identities, ctx) => ({
    ...(await takeComparison(identities, ctx)),
    at: new Date(ctx.clock.now()).toISOString(),
  }),
  read: async (_given, {notes: {at, ...comparison}}) => {
    const {events, gaps} = compare(comparison, {at, explained: new Set()});
    const {roles, seesPasswords} = comparison.after;
    return {
      events,
      completeTo: comparison.before === undefined ? undefined : at,
      gaps: [...gaps, ...(seesPasswords ? [] : ["this user can't see whether a password changed (superusers can)"])],
      entries: Object.keys(roles).length,
      blind: ['what was changed and changed back leaves no difference'],
      knownBy: 'a comparison of roles before and after; not who did it',
    };
  },
};
