import {ExchangeError, exchange} from '../http-exchange.ts';
import {unanswered} from './failure.ts';
import {endpointOf, type Place, renderPlace} from './place.ts';

/** By the `Date` of an answer, which needs no credential; in milliseconds since the epoch. */
export async function askTime(
  place: Place,
  {timeoutMs, signal}: {readonly timeoutMs: number; readonly signal: AbortSignal},
): Promise<number | undefined> {
  const url = new URL(endpointOf(place, 'sts').url);
  try {
    const {headers} = await exchange({method: 'GET', url, timeoutMs, maxBodyBytes: 1024, signal});
    const time = Date.parse(headers.date ?? '');
    return Number.isNaN(time) ? undefined : time;
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    throw unanswered(error, {action: 'what time it is', at: renderPlace(place)}, error.code);
  }
}
