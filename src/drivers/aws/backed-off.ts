import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';

const firstPauseMs = 200;
const attempts = 3;

/**
 * Where AWS is asked too often it says nothing of who asks: it is asked again, ever later, as long as there is time. What is
 * refused so to the end stays that, and is no timeout.
 */
export async function backedOff<Answer>(
  ask: () => Promise<Answer>,
  {clock, signal}: Pick<Context, 'clock' | 'signal'>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const isTooOften = error instanceof DriverError && error.code === 'rate-limited';
      if (!isTooOften || attempt === attempts) throw error;
      await clock.sleep(firstPauseMs * 2 ** (attempt - 1), signal).catch(() => {
        throw error;
      });
    }
  }
}
