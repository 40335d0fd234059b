import {setTimeout as delay} from 'node:timers/promises';

/** Wall-clock time read once, carried on by the monotonic clock. */
export function createSystemClock() {
  const origin = Date.now() - performance.now();
  return {
    now: (): number => origin + performance.now(),
    sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
      await delay(Math.max(0, ms), undefined, signal === undefined ? {} : {signal});
    },
  };
}
