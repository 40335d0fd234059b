import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import {createServer, type IncomingMessage, type RequestListener, type ServerResponse} from 'node:http';
import {NodeStreamableHTTPServerTransport, toNodeHandler} from '@modelcontextprotocol/node';
import {type CallToolResult, createMcpHandler, McpServer} from '@modelcontextprotocol/server';

export type Listening = {readonly url: string; readonly seen: Seen[]; close(): Promise<void>};
/** What arrived: the method of HTTP, and of MCP where the headers name it. */
type Seen = {readonly http: string; readonly headers: IncomingMessage['headers']; readonly connection: number};

/** An MCP server of the SDK, behind a check of bearer tokens where `tokens` are given. */
export async function startOrders(
  era: 'both' | 'modern' | 'legacy-sessions',
  options: {
    readonly tokens?: ReadonlySet<string>;
    readonly sessions?: Map<string, NodeStreamableHTTPServerTransport>;
  } = {},
): Promise<Listening> {
  const {tokens, sessions = new Map<string, NodeStreamableHTTPServerTransport>()} = options;
  const answer = era === 'legacy-sessions' ? answerWithSessions(sessions) : answerBothEras(era === 'modern');
  return listen((request, response) => {
    const token = request.headers.authorization?.replace(/^Bearer /, '');
    if (tokens !== undefined && !tokens.has(token ?? '')) {
      response.writeHead(401, {'www-authenticate': 'Bearer error="invalid_token"'}).end();
      return;
    }
    void answer(request, response);
  });
}

export async function listen(listener: RequestListener): Promise<Listening> {
  const seen: Seen[] = [];
  let connections = 0;
  const numbers = new WeakMap<object, number>();
  const server = createServer((request, response) => {
    seen.push({
      http: request.method ?? '',
      headers: request.headers,
      connection: numbers.get(request.socket) ?? 0,
    });
    listener(request, response);
  });
  server.on('connection', (socket) => {
    connections += 1;
    numbers.set(socket, connections);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    seen,
    close: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function createOrders(): McpServer {
  const server = new McpServer({name: 'orders', version: '7.0.0'});
  server.registerTool(
    'query_orders',
    {description: 'Lists orders'},
    (): CallToolResult => ({
      content: [{type: 'text', text: '[]'}],
    }),
  );
  server.registerTool(
    'broken',
    {description: 'Always fails'},
    (): CallToolResult => ({
      content: [{type: 'text', text: 'password authentication failed'}],
      isError: true,
    }),
  );
  return server;
}

function answerBothEras(isModernOnly: boolean) {
  const answer = toNodeHandler(createMcpHandler(createOrders, {legacy: isModernOnly ? 'reject' : 'stateless'}));
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const {method = 'GET', url = '/'} = request;
    await answer(Object.assign(request, {method, url}), response);
  };
}

function answerWithSessions(sessions: Map<string, NodeStreamableHTTPServerTransport>) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const id = request.headers['mcp-session-id'];
    let transport = typeof id === 'string' ? sessions.get(id) : undefined;
    if (typeof id === 'string' && transport === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (transport === undefined) {
      const created = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (given) => void sessions.set(given, created),
        onsessionclosed: (given) => void sessions.delete(given),
      });
      await createOrders().connect(created);
      transport = created;
    }
    await transport.handleRequest(request, response);
  };
}
