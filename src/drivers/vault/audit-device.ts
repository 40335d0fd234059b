import nodePath from 'node:path';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {findLineBackwards, type Place, readLinesFrom} from '../log-file.ts';
import {readOutput} from '../read-output.ts';
import {parseLine} from './audit-line.ts';

/** Where the window begins, as the log of one device needs it. */
export type Start = Place | {readonly from: number};

/** What one audit device wrote, wherever that is kept. */
export type AuditDevice = {
  /** By which the server tells its hashes. */
  readonly name: string;
  /** As it goes on after "Expected": "the audit log `x`". */
  readonly log: string;
  /** How long what was just done may take to stand in it. */
  readonly withinMs: number;
  /** Whether what it reads begins at the place itself, and not somewhere before. */
  readonly isExact: boolean;
  /** How long to wait before looking again. */
  readonly pauseMs: number;
  /** The place of the newest line that matches; undefined where there is none yet. */
  find(matches: (line: string) => boolean): Promise<Start | undefined>;
  /** Calls `each` with every line from a place on, all of them each time. Returns why some may be missing. */
  read(start: Start, each: (line: string) => void): Promise<readonly string[]>;
};

/** A file of a `file` device, readable from here, with what rotations make of it. */
export function fileDevice(given: {readonly path: string; readonly device: string}, base: string): AuditDevice {
  const file = nodePath.resolve(base, given.path);
  return {
    name: given.device,
    log: `the audit log \`${file}\``,
    withinMs: 2000,
    isExact: true,
    pauseMs: 25,
    find: (matches) => findLineBackwards(file, matches, timeOfLine),
    read: async (start, each) => ('inode' in start ? readLinesFrom(file, start, each, timeOfLine) : []),
  };
}

/** NaN where it is no line of an audit device. */
export function timeOfLine(line: string): number {
  return Date.parse(parseLine(line)?.time ?? '');
}

export type AuditCommand = {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly device: string;
  readonly within: number;
  readonly timeout: number;
};

/** What is done just before, by another clock, may stand there as so much earlier. */
const earlierMs = 90_000;

/** What a command prints: the same lines, from a log that is kept elsewhere. */
export function commandDevice(given: AuditCommand, {base, clock, run, signal}: Context): AuditDevice {
  const begun = beginOf(run) ?? clock.now();
  const print = (from: number, each: (line: string) => void): Promise<void> =>
    printAudit(given, {from, to: clock.now() + earlierMs}, each, {base, signal});
  return {
    name: given.device,
    log: `what \`${given.argv.slice(0, 2).join(' ')}\` prints of the audit log`,
    withinMs: given.within,
    isExact: false,
    pauseMs: 250,
    find: async (matches) => {
      const start = {from: begun - earlierMs};
      let isThere = false;
      await print(start.from, (line) => {
        isThere ||= matches(line);
      });
      return isThere ? start : undefined;
    },
    read: async (start, each) => {
      await print('from' in start ? start.from : begun - earlierMs, each);
      return [];
    },
  };
}

/** Calls `each` with what the command prints of that time, in milliseconds since the epoch. Throws where it does not end well. */
export async function printAudit(
  given: AuditCommand,
  time: {readonly from: number; readonly to: number},
  each: (line: string) => void,
  {base, signal}: Pick<Context, 'base' | 'signal'>,
): Promise<void> {
  const span = {from: new Date(time.from).toISOString(), to: new Date(time.to).toISOString()};
  const argv = given.argv.map((word) => word.replaceAll('{from}', span.from).replaceAll('{to}', span.to));
  const env = {...given.env, OFFDRILL_AUDIT_FROM: span.from, OFFDRILL_AUDIT_TO: span.to};
  const ended = await readOutput({argv, env, folder: base, timeoutMs: given.timeout}, each, signal);
  if (ended === undefined) return;
  throw new DriverError(
    `Expected \`${given.argv.slice(0, 2).join(' ')}\` to print the audit log and end with 0, and it ${ended}. Run it by hand, in this folder, with OFFDRILL_AUDIT_FROM=${span.from}.`,
    {code: 'failed', detail: 'audit-command'},
  );
}

/** A run's name begins with when it began. */
function beginOf(run: string): number | undefined {
  const [, date, time] = /^(\d{8})T(\d{6})Z-/.exec(run) ?? [];
  if (date === undefined || time === undefined) return undefined;
  const [year, month, day] = [date.slice(0, 4), date.slice(4, 6), date.slice(6)];
  return Date.parse(`${year}-${month}-${day}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`);
}
