import type {ExchangeRequest} from '../http-exchange.ts';

/** A request as it goes out: with a body, it says that this is JSON, unless its headers say something else. */
export function jsonRequest({
  method,
  headers = {},
  body,
}: {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
}): Pick<ExchangeRequest, 'method' | 'headers' | 'body'> {
  if (body === undefined) return {method, headers};
  // Whatever the case of its name, what stands last is sent.
  return {method, headers: {'content-type': 'application/json', ...headers}, body: JSON.stringify(body)};
}
