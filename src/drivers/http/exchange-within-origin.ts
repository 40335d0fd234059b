import {type Exchange, type ExchangeRequest, exchange} from '../http-exchange.ts';

/** An answer, and how many redirects led to it; or why what was asked for is not to be had here. */
export type Followed =
  | {readonly kind: 'answered'; readonly answer: Exchange; readonly redirects: number}
  | {readonly kind: 'left'; readonly code: 'redirected' | 'too-many-redirects'};

const most = 5;

/**
 * Follows redirects within the origin of the request: whatever it carries goes nowhere else. `stopsAt` names the statuses
 * that are an answer by themselves.
 */
export async function exchangeWithinOrigin(
  request: ExchangeRequest,
  stopsAt: (status: number) => boolean,
): Promise<Followed> {
  let {url} = request;
  for (let redirects = 0; redirects <= most; redirects++) {
    const answer = await exchange({...request, url});
    const next = stopsAt(answer.status) ? undefined : placeOf(answer, url);
    if (next === undefined) return {kind: 'answered', answer, redirects};
    if (next.origin !== request.url.origin || next.username !== '' || next.password !== '') {
      return {kind: 'left', code: 'redirected'};
    }
    url = next;
  }
  return {kind: 'left', code: 'too-many-redirects'};
}

/** Where the answer leads; undefined where it leads nowhere. */
function placeOf({status, headers}: Exchange, from: URL): URL | undefined {
  const {location} = headers;
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}
