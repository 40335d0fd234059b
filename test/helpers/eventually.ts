import {vi} from 'vitest';

/** Asks again and again until nothing is thrown. The limit only bounds what never comes: a busy machine is no failure. */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, {timeout: 60_000, interval: 20});
}
