import {McpServer} from '@modelcontextprotocol/server';
import * as z from 'zod';
import {openSecret} from './aws-secret.ts';
import {CallRecord} from './call-record.ts';
import {answerTool, serveMcp} from './serve-mcp.ts';
import {endOnSignal, readSetting} from './settings.ts';

/** The integration: an MCP server with an access key, by which it reads the key of the service that it calls. */
endOnSignal();
const startedAt = new Date().toISOString();
const calls = new CallRecord(readSetting('LAB_CALLS_LOG'));
const readKey = await openSecret();
await readKey();

serveMcp({startedAt, calls, create: createBilling});

function createBilling(): McpServer {
  const billing = new McpServer({name: 'billing-mcp', version: '1.0.0'});
  billing.registerTool(
    'list_invoices',
    {
      description: 'Lists invoices',
      inputSchema: z.object({limit: z.int().min(1).max(100).default(10)}),
      annotations: {readOnlyHint: true},
    },
    ({limit}) =>
      answerTool(async () => (await listInvoices()).slice(0, limit), {
        startedAt,
        calls,
        failed: 'the billing service could not be asked',
      }),
  );
  return billing;
}

async function listInvoices(): Promise<readonly unknown[]> {
  const response = await fetch(`${readSetting('LAB_BILLING_API')}/invoices`, {
    headers: {authorization: `Bearer ${await readKey()}`},
    signal: AbortSignal.timeout(3000),
  });
  if (!response.ok) throw Object.assign(new Error('refused'), {code: response.status});
  return z.object({invoices: z.array(z.unknown())}).parse(await response.json()).invoices;
}
