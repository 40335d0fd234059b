import {vi} from 'vitest';
import type {Clock} from '../../src/contract/clock.ts';

let users = 0;
/** Counts the times that nobody used it before, so that what moved the time then does not move it now. */
let uses = 0;

/**
 * While `act` goes on, time passes only when this process has nothing else to do, and then up to the next timer at once: an
 * hour takes no time, and a busy machine is no slower than an idle one. Several may go on together, and share the time. A
 * promise that only the world outside can keep is not waited for, but for what reads and writes files.
 */
export async function inVirtualTime<T>(act: (clock: Clock) => Promise<T>): Promise<T> {
  users += 1;
  if (users === 1) begin();
  try {
    return await act(clock);
  } finally {
    users -= 1;
    if (users === 0) end();
  }
}

let lastRead = 0;

const clock: Clock = {
  // No two readings are the same, as on a real clock.
  now: () => {
    lastRead = Math.max(Date.now(), lastRead + 0.001);
    return lastRead;
  },
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

function begin(): void {
  // What goes on with an earlier run comes after it.
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Math.max(Date.now(), Math.ceil(lastRead))});
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const limit = new AbortController();
    setTimeout(() => limit.abort(new DOMException('The time limit has passed.', 'TimeoutError')), ms);
    return limit.signal;
  });
  void pass();
}

function end(): void {
  vi.mocked(AbortSignal.timeout).mockRestore();
  vi.useRealTimers();
}

async function pass(): Promise<void> {
  uses += 1;
  const use = uses;
  const goesOn = (): boolean => users > 0 && use === uses;
  while (goesOn()) {
    await untilIdle();
    if (goesOn()) await vi.advanceTimersToNextTimerAsync();
  }
}

/** Three turns in a row in which nothing is read or written. */
async function untilIdle(): Promise<void> {
  for (let idle = 0; idle < 3; idle += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'))) idle = -1;
  }
}
