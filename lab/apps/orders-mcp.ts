import {readFile} from 'node:fs/promises';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import path from 'node:path';
import {json} from 'node:stream/consumers';
import {toNodeHandler} from '@modelcontextprotocol/node';
import {type CallToolResult, createMcpHandler, McpServer} from '@modelcontextprotocol/server';
import * as z from 'zod';
import {CallRecord} from './call-record.ts';
import {Credentials} from './credentials.ts';
import {Database} from './database.ts';
import {endOnSignal, readSetting} from './settings.ts';

/** The integration: an MCP server with a secret-id, a token, a dynamic database user, and a busy pool on it. */
endOnSignal();
const startedAt = new Date().toISOString();
const clientKey = (await readFile(path.join(readSetting('LAB_CREDENTIALS'), 'client-key'), 'utf8')).trim();
const calls = new CallRecord(readSetting('LAB_CALLS_LOG'));
const credentials = new Credentials({
  address: readSetting('LAB_VAULT'),
  folder: readSetting('LAB_CREDENTIALS'),
  database: readSetting('LAB_DATABASE_CREDENTIAL'),
});
const database = new Database(credentials, readSetting('LAB_POSTGRES'));
await database.start();

const mcp = toNodeHandler(createMcpHandler(createOrders));
const server = createServer((request, response) => {
  if (request.url === '/healthz') {
    response.writeHead(200, {'content-type': 'application/json'}).end(JSON.stringify({startedAt}));
    return;
  }
  void answer(request, response);
});
server.listen(Number(readSetting('LAB_PORT')), readSetting('LAB_HOST'));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const {method = 'GET', url = '/', headers} = request;
  // Nobody has to show a key on loopback; one that is shown must be the right one.
  if (headers.authorization !== undefined && headers.authorization !== `Bearer ${clientKey}`) {
    response.writeHead(401, {'www-authenticate': 'Bearer error="invalid_token"'}).end();
    return;
  }
  const message: unknown = method === 'POST' ? await json(request).catch(() => null) : undefined;
  await calls.around(message, () => mcp(Object.assign(request, {method, url}), response, message));
}

function createOrders(): McpServer {
  const orders = new McpServer({name: 'orders-mcp', version: '1.0.0'});
  orders.registerTool(
    'query_orders',
    {
      description: 'Lists the newest orders',
      inputSchema: z.object({limit: z.int().min(1).max(100).default(10)}),
      annotations: {readOnlyHint: true},
    },
    ({limit}) =>
      ask(() => database.query('select id, customer, placed_at from orders order by id desc limit $1', [limit])),
  );
  orders.registerTool(
    'order_total',
    {
      description: 'Adds up one order',
      inputSchema: z.object({id: z.int().min(1)}),
      annotations: {readOnlyHint: true},
    },
    ({id}) =>
      ask(() =>
        database.query('select coalesce(sum(cents), 0)::int as cents from order_lines where order_id = $1', [id]),
      ),
  );
  return orders;
}

async function ask(work: () => Promise<readonly Record<string, unknown>[]>): Promise<CallToolResult> {
  try {
    const rows = await work();
    await calls.ended('ok');
    return {content: [{type: 'text', text: JSON.stringify(rows)}], _meta: {startedAt}};
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    await calls.ended(code);
    const text = `the database could not be asked: ${code}`;
    return {content: [{type: 'text', text}], isError: true, _meta: {startedAt}};
  }
}
