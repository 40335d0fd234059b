import path from 'node:path';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {AuditReading, AuditSource, Context} from '../../contract/operation.ts';
import {findLineBackwards, type Place, readLinesFrom} from '../log-file.ts';
import {type DeclaredUser, readUsers} from './audit-actors.ts';
import {type LogFormat, readRecords, timeOfLine} from './log-record.ts';
import {LogWindow} from './log-window.ts';
import {Recording} from './recording.ts';
import {type RoleSnapshot, takeSnapshot} from './role-snapshot.ts';
import type {PostgresSession} from './session.ts';
import {givenDigests} from './snapshot.ts';

const input = z.strictObject({
  path: z.string().min(1).meta({description: 'The file of `jsonlog` or `csvlog`, readable from here'}),
  format: z
    .enum(['jsonlog', 'csvlog'])
    .optional()
    .meta({description: 'By default, `csvlog` where the file ends in `.csv`'}),
});
export type LogInput = z.infer<typeof input>;

type Notes = {
  readonly start: Place;
  readonly nonce: string;
  readonly marked: readonly string[];
  readonly ownSessions: readonly string[];
  readonly users: readonly DeclaredUser[];
  readonly before: RoleSnapshot | undefined;
  readonly after: RoleSnapshot;
  readonly given: Readonly<Record<string, string>>;
  /** What is logged: `ddl`, `mod`, `all`. */
  readonly logged: string;
  /** Users and databases for which less is logged. */
  readonly exempt: readonly string[];
};

export const growsWithinMs = 2000;
const pauseMs = 25;

export const log: AuditSource<LogInput, Notes, PostgresSession> = {
  description:
    'Changes of roles, grants, passwords and owners in the server’s own log, and what a comparison of roles shows beside it.',
  input,
  ownBySessions: true,

  /** The server logs such changes, and the file grows with the run's own marks. */
  check: async (given, ctx) => {
    const {connection, signal} = ctx;
    const tooLittle = whyTooLittle(await settingOf(ctx));
    if (tooLittle !== undefined) throw new DriverError(tooLittle, {code: 'rejected', detail: 'log_statement'});
    const recording = new Recording({writesMarks: true});
    await connection.writeToLog(recording.textOf('begin'), signal);
    const place = await findMark(given, recording.textOf('begin'), ctx);
    if (place === undefined) {
      throw new DriverError(
        `Expected the log \`${path.resolve(ctx.base, given.path)}\` to grow with the run's own marks within ${growsWithinMs / 1000} s, and it does not hold them. Is it readable from here, in ${formatOf(given)}, and that of this server?`,
        {code: 'failed', detail: 'audit-not-growing'},
      );
    }
    connection.recording = recording;
    connection.logStart = place;
  },

  note: async (_given, identities, ctx) => {
    const {connection, signal} = ctx;
    const {recording, logStart: start} = connection;
    if (recording === undefined || start === undefined)
      throw new Error('The log was not found before it was to be read.');
    const after = await takeSnapshot(connection, signal);
    const logged = await settingOf(ctx);
    const exempt = (await connection.ask(exemptRow, exemptSql, [], signal)).map(({who}) => who);
    await recording.mark('end', connection, signal);
    return {
      start,
      nonce: recording.nonce,
      marked: recording.marked,
      ownSessions: connection.ownLogSessions,
      users: readUsers(identities),
      before: recording.before,
      after,
      given: givenDigests(connection),
      logged,
      exempt,
    };
  },

  read: async (given, notes, ctx) => {
    const {clock, signal} = ctx;
    const deadline = clock.now() + growsWithinMs;
    for (;;) {
      const window = await readWindow(given, notes, ctx);
      if (window.isComplete || window.isLost || clock.now() > deadline) return readingOf(window, notes);
      await clock.sleep(pauseMs, signal);
    }
  },
};

/** Where the newest line with this text stands, once it does; undefined where it does not in time. */
export async function findMark(
  given: LogInput,
  text: string,
  {clock, signal, base}: Context,
): Promise<Place | undefined> {
  const file = path.resolve(base, given.path);
  const deadline = clock.now() + growsWithinMs;
  for (;;) {
    const place = await findLineBackwards(file, (line) => line.includes(text), timeOfLine(formatOf(given)));
    if (place !== undefined || clock.now() > deadline) return place;
    await clock.sleep(pauseMs, signal);
  }
}

/** Undefined where enough is logged to tell who changed roles. */
export function whyTooLittle(logged: string): string | undefined {
  return logged === 'none'
    ? 'Expected `log_statement` to be ddl, mod or all, got none: nobody records who changes roles. Set it, or say `blind`.'
    : undefined;
}

async function readWindow(given: LogInput, notes: Notes, {base}: Context): Promise<LogWindow> {
  const window = new LogWindow(notes);
  const format = formatOf(given);
  const read = readRecords(format, (record) => window.add(record));
  for (const why of await readLinesFrom(path.resolve(base, given.path), notes.start, read, timeOfLine(format)))
    window.lose(why);
  return window;
}

function readingOf(window: LogWindow, notes: Notes): AuditReading {
  const {logged, exempt} = notes;
  return window.reading({
    gaps: [
      ...(logged === 'none' ? ['log_statement was set to none meanwhile'] : []),
      ...exempt.map((who) => `less is logged of ${who} (log_statement)`),
    ],
    blind: [
      ...(logged === 'all' || notes.after.seesPasswords
        ? []
        : [`a password that a DO block or a function sets is not logged (log_statement = ${logged})`]),
      'a superuser may turn the log off within a session',
    ],
  });
}

function formatOf({path: file, format}: LogInput): LogFormat {
  return format ?? (file.endsWith('.csv') ? 'csvlog' : 'jsonlog');
}

const settingRow = z.object({value: z.string()});

export async function settingOf({connection, signal}: Context<PostgresSession>): Promise<string> {
  const sql = `select current_setting('log_statement') as value`;
  const [row] = await connection.ask(settingRow, sql, [], signal);
  return row?.value ?? 'none';
}

const exemptRow = z.object({who: z.string()});
const exemptSql = `
  select concat_ws(' in ', nullif(case when setrole = 0 then '' else pg_catalog.pg_get_userbyid(setrole) end, ''),
    (select datname from pg_catalog.pg_database where oid = setdatabase)) as who
  from pg_catalog.pg_db_role_setting
  where exists (select from unnest(setconfig) one where one = 'log_statement=none')`;
