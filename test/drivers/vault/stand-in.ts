import {once} from 'node:events';
import {createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse} from 'node:http';

export type Asked = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Counted from 1. */
  readonly connection: number;
};

export type StandIn = {readonly address: string; readonly asked: Asked[]; close(): Promise<void>};

/** A server in place of Vault, for answers that the real one can't be made to give. Keeps what it was asked. */
export async function startStandIn(
  answer: (asked: Asked, response: ServerResponse) => void = (_asked, response) => json(response, 200, {data: {}}),
): Promise<StandIn> {
  const asked: Asked[] = [];
  const connections = new WeakMap<object, number>();
  let count = 0;
  const server = createServer(async (request, response) => {
    const one = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: await bodyOf(request),
      connection: connections.get(request.socket) ?? 0,
    };
    asked.push(one);
    answer(one, response);
  });
  server.on('connection', (socket) => connections.set(socket, ++count));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    address: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
