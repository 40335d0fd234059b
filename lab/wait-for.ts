import {setTimeout as delay} from 'node:timers/promises';
import {EndedError} from './processes.ts';

/** Asks every 20 ms until it is so; throws with `what` and the last error when it is not in time. */
export async function waitFor(what: string, limitMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  let last = 'no answer';
  for (;;) {
    try {
      if (await isSo()) return;
    } catch (error) {
      if (error instanceof EndedError) throw error;
      last = error instanceof Error ? error.message : last;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not so within ${limitMs / 1000} s (${last}).`);
    await delay(20);
  }
}
