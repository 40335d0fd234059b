import type {RequestListener} from 'node:http';
import {onTestFinished} from 'vitest';
import {McpSession} from '../../../src/drivers/mcp/session.ts';
import {type Listening, listen} from './orders-server.ts';

/** A server that lives until the test is over. */
export async function during(starting: Promise<Listening>): Promise<Listening> {
  const server = await starting;
  onTestFinished(() => server.close());
  return server;
}

export function sessionAt({url}: Pick<Listening, 'url'>, timeoutMs = 2000): McpSession {
  return new McpSession({url: new URL(url), timeoutMs});
}

type Message = {readonly id?: number; readonly method: string; readonly params?: Readonly<Record<string, unknown>>};

/** Answers each message as `answer` says: with a status, a result or an error, whatever an SDK would do. */
export function serveAnswers(
  answer: (message: Message) => {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly result?: unknown;
    readonly error?: unknown;
  },
): Promise<Listening> {
  const listener: RequestListener = async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    const message: Message = text === '' ? {method: request.method ?? ''} : JSON.parse(text);
    const {status = 200, headers, ...body} = answer(message);
    response.writeHead(status, {'content-type': 'application/json', ...headers});
    response.end(JSON.stringify({jsonrpc: '2.0', id: message.id, ...body}));
  };
  return during(listen(listener));
}
