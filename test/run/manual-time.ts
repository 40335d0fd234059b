import {vi} from 'vitest';
import type {Clock} from '../../src/contract/clock.ts';

/** Time that stands still until it is moved: timers and clock together. Call `vi.useRealTimers()` afterwards. */
export function stopTime(): {readonly clock: Clock; pass(ms: number): Promise<void>} {
  vi.useFakeTimers({now: 0});
  return {
    clock: {
      now: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
    pass: async (ms) => {
      await vi.advanceTimersByTimeAsync(ms);
    },
  };
}
