import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {type CallToolResult, McpServer} from '@modelcontextprotocol/server';
import * as z from 'zod';
import {CallRecord} from './call-record.ts';
import {Credentials} from './credentials.ts';
import {Database} from './database.ts';
import {answerTool, serveMcp} from './serve-mcp.ts';
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

serveMcp({startedAt, calls, clientKey, create: createOrders});

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

function ask(work: () => Promise<readonly Record<string, unknown>[]>): Promise<CallToolResult> {
  return answerTool(work, {startedAt, calls, failed: 'the database could not be asked'});
}
