import type {IncomingHttpHeaders} from 'node:http';
import {type ExchangeRequest, exchange} from '../http-exchange.ts';
import type {TlsTexts} from '../read-tls.ts';
import {isEventStream, type RpcMessage, readMessage} from './read-message.ts';
import type {RpcRequest} from './requests.ts';

export type Endpoint = {
  readonly url: URL;
  readonly timeoutMs: number;
  readonly token?: string;
  readonly tls?: TlsTexts;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The answer to the request's id; undefined where the body holds none. */
  readonly message: RpcMessage | undefined;
};

const maxBodyBytes = 1024 * 1024;

/** Sends one message over a connection of its own. Throws an ExchangeError where nothing answers in HTTP. */
export async function post(endpoint: Endpoint, request: RpcRequest, signal: AbortSignal): Promise<Answer> {
  const {status, headers, body} = await exchange({
    ...common(endpoint, signal),
    method: 'POST',
    headers: {
      ...credential(endpoint),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...request.headers,
    },
    body: JSON.stringify(request.body),
    // A server may keep its stream open after the answer.
    isComplete: (received, body) =>
      isEventStream(received['content-type']) && messageIn(received, body, request) !== undefined,
  });
  return {status, headers, message: messageIn(headers, body, request)};
}

function messageIn(headers: IncomingHttpHeaders, body: Buffer, request: RpcRequest): RpcMessage | undefined {
  return readMessage(headers['content-type'], body.toString('utf8'), request.body.id);
}

/** Ends a legacy session, as a good client does. A server may refuse it, or be gone. */
export async function endSession(
  endpoint: Endpoint,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const timeoutMs = Math.min(500, endpoint.timeoutMs);
  const request = {
    ...common(endpoint, signal),
    timeoutMs,
    method: 'DELETE',
    headers: {...credential(endpoint), ...headers},
  };
  await exchange(request).catch(() => undefined);
}

function common({url, timeoutMs, tls = {}}: Endpoint, signal: AbortSignal): Omit<ExchangeRequest, 'method'> {
  return {url, timeoutMs, maxBodyBytes, signal, tls};
}

function credential({token}: Endpoint): Record<string, string> {
  return token === undefined ? {} : {authorization: `Bearer ${token}`};
}
