import type {Entry, Phase} from '../journal/entries.ts';
import {renderDuration} from '../util/duration.ts';
import {describeEntry} from './describe-entry.ts';
import {isCommand} from './left-steps.ts';
import type {Progress, ProgressOptions} from './progress.ts';
import {sanitizeLogLine} from './sanitize-log-line.ts';

const heartbeatMs = 30_000;

/** One line for each change, with the time since the run began, and a sign of life where nothing was said for half a minute. */
export function createLineProgress({stream, clock}: Pick<ProgressOptions, 'stream' | 'clock'>): Progress {
  const startedAt = clock.now();
  const isAlive = new Map<string, boolean>();
  let phase: {readonly name: Phase; readonly startedAt: number} | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  let closed = false;

  const write = (text: string): void => {
    const at = `[+${renderDuration(clock.now() - startedAt)}]`.padEnd(10);
    for (const line of text.split('\n')) stream.write(`${isCommand(line) ? '' : at}${sanitizeLogLine(line)}\n`);
    waitForSilence();
  };
  const waitForSilence = (): void => {
    clearTimeout(heartbeat);
    if (closed) return;
    heartbeat = setTimeout(() => write(signOfLife()), heartbeatMs);
    heartbeat.unref();
  };
  const signOfLife = (): string => {
    if (phase === undefined) return 'still there';
    const took = renderDuration(clock.now() - phase.startedAt);
    return `still in ${phase.name}, for ${took}${describeAlive(isAlive)}`;
  };
  waitForSilence();

  return {
    entry: (entry) => {
      if (entry.type === 'phase.started') phase = {name: entry.data.phase, startedAt: clock.now()};
      followAccess(isAlive, entry);
      const text = describeEntry(entry);
      if (text !== undefined) write(text);
    },
    sample: () => undefined,
    judged: () => undefined,
    close: () => {
      closed = true;
      clearTimeout(heartbeat);
    },
  };
}

/** Of each access whether it was allowed when it last changed, with the credentials from before shutdown. */
function followAccess(isAlive: Map<string, boolean>, {type, data}: Entry): void {
  if (type !== 'probe.changed' || data.role !== 'access' || data.generation !== 1) return;
  isAlive.set(data.probe, data.to === 'allowed');
}

/** Nothing where no access was asked yet: then nobody knows. */
function describeAlive(isAlive: ReadonlyMap<string, boolean>): string {
  if (isAlive.size === 0) return '';
  const alive = [...isAlive].flatMap(([name, is]) => (is ? [name] : []));
  return `; alive: ${alive.length === 0 ? 'no access' : alive.join(', ')}`;
}
