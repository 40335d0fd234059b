import path from 'node:path';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {AuditReading, AuditSource, Context} from '../../contract/operation.ts';
import {findLineBackwards, type Place, readLinesFrom} from '../log-file.ts';
import {takeComparison} from './comparison.ts';
import {type LogFormat, readRecords, timeOfLine} from './log-record.ts';
import {LogWindow, type WindowOptions} from './log-window.ts';
import {Recording} from './recording.ts';
import type {PostgresSession} from './session.ts';

const input = z.strictObject({
  path: z.string().min(1).meta({
    description:
      'The file of `jsonlog` or `csvlog`, readable from here; `*` for what `log_filename` puts there anew, such as a date',
  }),
  format: z
    .enum(['jsonlog', 'csvlog'])
    .optional()
    .meta({description: 'By default, `csvlog` where the file ends in `.csv`'}),
});
export type LogInput = z.infer<typeof input>;

type Notes = WindowOptions & {
  readonly start: Place;
  readonly setting: Setting;
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
    const comparison = await takeComparison(identities, ctx);
    const setting = await settingOf(ctx);
    const exempt = (await connection.ask(exemptRow, exemptSql, [], signal)).map(({who}) => who);
    await recording.mark('end', connection, signal);
    const {nonce, marked} = recording;
    return {...comparison, start, nonce, marked, ownSessions: connection.ownLogSessions, setting, exempt};
  },

  read: async (given, {notes}, ctx) => {
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

/** Undefined where enough is logged to tell who changed roles, whoever it was. */
export function whyTooLittle({value, source}: Setting): string | undefined {
  const todo = 'Set it in the configuration of the server, or say `blind`.';
  if (value === 'none')
    return `Expected \`log_statement\` to be ddl, mod or all, got none: nobody records who changes roles. ${todo}`;
  return ownSources.includes(source)
    ? `Expected \`log_statement\` to be set for the whole server, got ${value} for this ${source} alone: what others do may not be logged. ${todo}`
    : undefined;
}

/** As `pg_settings` names where a setting is from, where others need not have it. */
const ownSources: readonly string[] = ['user', 'database', 'database user', 'client', 'session'];

async function readWindow(given: LogInput, notes: Notes, {base}: Context): Promise<LogWindow> {
  const window = new LogWindow(notes);
  const format = formatOf(given);
  const read = readRecords(format, (record) => window.add(record));
  for (const why of await readLinesFrom(path.resolve(base, given.path), notes.start, read, timeOfLine(format)))
    window.lose(why);
  return window;
}

function readingOf(window: LogWindow, {setting, exempt, after}: Notes): AuditReading {
  return window.reading({
    gaps: [
      ...(whyTooLittle(setting) === undefined ? [] : ['log_statement was changed meanwhile']),
      ...exempt.map((who) => `less is logged of ${who}`),
    ],
    blind: [
      ...(setting.value === 'all' || after.seesPasswords
        ? []
        : [`a password that a DO block or a function sets is not logged (log_statement = ${setting.value})`]),
      'a superuser may turn the log off within a session',
      "a log file begun and removed between two of the run's marks is not missed",
    ],
  });
}

function formatOf({path: file, format}: LogInput): LogFormat {
  return format ?? (file.endsWith('.csv') ? 'csvlog' : 'jsonlog');
}

const settingRow = z.object({value: z.string(), source: z.string()});
type Setting = z.infer<typeof settingRow>;

export async function settingOf({connection, signal}: Context<PostgresSession>): Promise<Setting> {
  const sql = `select setting as value, source from pg_catalog.pg_settings where name = 'log_statement'`;
  const [row] = await connection.ask(settingRow, sql, [], signal);
  return row ?? {value: 'none', source: 'default'};
}

const exemptRow = z.object({who: z.string()});
const exemptSql = `
  select concat_ws(' in ', nullif(case when setrole = 0 then '' else pg_catalog.pg_get_userbyid(setrole) end, ''),
    (select datname from pg_catalog.pg_database where oid = setdatabase)) as who
  from pg_catalog.pg_db_role_setting
  where exists (select from unnest(setconfig) one where one ~ '^(log_statement=none|log_min_messages=(fatal|panic))$')`;
