import {appendFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {toNodeHandler} from '@modelcontextprotocol/node';
import {type CallToolResult, createMcpHandler, McpServer} from '@modelcontextprotocol/server';
import * as z from 'zod';
import {Credentials} from './credentials.ts';
import {Database} from './database.ts';
import {endOnSignal, readSetting} from './settings.ts';

/** The integration: an MCP server with a secret-id, a token, a dynamic database user, and a busy pool on it. */
endOnSignal();
const startedAt = new Date().toISOString();
const callsLog = readSetting('LAB_CALLS_LOG');
const credentials = new Credentials({
  address: readSetting('LAB_VAULT'),
  folder: readSetting('LAB_CREDENTIALS'),
  role: 'orders-mcp',
});
const database = new Database(credentials, readSetting('LAB_POSTGRES'));
await database.start();

const mcp = toNodeHandler(createMcpHandler(createOrders));
const server = createServer((request, response) => {
  if (request.url === '/healthz') {
    response.writeHead(200, {'content-type': 'application/json'}).end(JSON.stringify({startedAt}));
    return;
  }
  const {method = 'GET', url = '/'} = request;
  void mcp(Object.assign(request, {method, url}), response);
});
server.listen(Number(readSetting('LAB_PORT')), '127.0.0.1');

function createOrders(): McpServer {
  const orders = new McpServer({name: 'orders-mcp', version: '1.0.0'});
  orders.registerTool(
    'query_orders',
    {
      description: 'Lists the newest orders',
      inputSchema: z.object({limit: z.int().min(1).max(100).default(10)}),
      annotations: {readOnlyHint: true},
    },
    ({limit}, context) =>
      recorded('query_orders', context, () =>
        database.query('select id, customer, placed_at from orders order by id desc limit $1', [limit]),
      ),
  );
  orders.registerTool(
    'order_total',
    {
      description: 'Adds up one order',
      inputSchema: z.object({id: z.int().min(1)}),
      annotations: {readOnlyHint: true},
    },
    ({id}, context) =>
      recorded('order_total', context, () =>
        database.query('select coalesce(sum(cents), 0)::int as cents from order_lines where order_id = $1', [id]),
      ),
  );
  return orders;
}

/** One line a call: who, which tool, when, how it ended; errors too. */
async function recorded(
  tool: string,
  context: unknown,
  work: () => Promise<readonly Record<string, unknown>[]>,
): Promise<CallToolResult> {
  const time = new Date().toISOString();
  const record = (outcome: string): Promise<void> =>
    appendFile(callsLog, `${JSON.stringify({time, who: clientOf(context), tool, outcome})}\n`, {mode: 0o600});
  try {
    const rows = await work();
    await record('ok');
    return {content: [{type: 'text', text: JSON.stringify(rows)}]};
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    await record(code);
    return {content: [{type: 'text', text: `the database could not be asked: ${code}`}], isError: true};
  }
}

const contextSchema = z.object({
  mcpReq: z.object({envelope: z.record(z.string(), z.unknown())}),
});

/** What the client calls itself; it declares that itself, so it is a name and no proof. Clients of the legacy era say it only once, to a session. */
function clientOf(context: unknown): string {
  const info = contextSchema.safeParse(context).data?.mcpReq.envelope['io.modelcontextprotocol/clientInfo'];
  return typeof info === 'object' && info !== null && 'name' in info ? String(info.name) : 'unnamed client';
}
