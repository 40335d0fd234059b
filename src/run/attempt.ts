import pRetry from 'p-retry';
import {DriverError} from '../contract/driver-error.ts';
import {graceMs, untilAborted} from './until-aborted.ts';

/** Tries up to three times, waiting 0.2 s and 0.4 s, and only after an error that says it may be asked again. */
export async function attempt<T>(signal: AbortSignal, fn: (attempt: number) => Promise<T>): Promise<T> {
  return pRetry((number) => untilAborted(signal, () => fn(number), graceMs), {
    retries: 2,
    minTimeout: 200,
    factor: 2,
    signal,
    shouldRetry: ({error}) => error instanceof DriverError && error.retryable,
  });
}
