import {renderDuration} from '../util/duration.ts';
import {describeEntry} from './describe-entry.ts';
import type {Progress, ProgressOptions} from './progress.ts';
import {sanitizeLine} from './sanitize-line.ts';

const heartbeatMs = 30_000;

/** One line for each change, with the time since the run began, and a sign of life every half minute. */
export function createLineProgress({stream, clock}: ProgressOptions): Progress {
  const startedAt = clock.now();
  const write = (text: string): void => {
    const at = `[+${renderDuration(clock.now() - startedAt)}]`.padEnd(10);
    for (const line of text.split('\n')) stream.write(`${at}${sanitizeLine(line)}\n`);
  };
  const heartbeat = setInterval(() => write('still running'), heartbeatMs);
  heartbeat.unref();
  return {
    entry: (entry) => {
      const text = describeEntry(entry);
      if (text !== undefined) write(text);
    },
    sample: () => undefined,
    close: () => clearInterval(heartbeat),
  };
}
