import {appNames, isHealthy} from './apps.ts';
import {checksOfVariant} from './check-variant.ts';
import {type Check, problemsOf} from './checks.ts';
import {addressesOf, type LabState} from './state.ts';

/** What is not as it should be, a sentence each; nothing when everything is whole. */
export async function checkLab(state: LabState): Promise<readonly string[]> {
  const addresses = addressesOf(state);
  const checks: readonly Check[] = [
    ['OpenBao is up and unsealed', async () => (await get(`${addresses.vault}/v1/sys/health`)).status === 200],
    ...appNames.map((name) => [`${name} is healthy`, () => isHealthy(state, name)] as const),
    [
      'checkout serves orders from the database',
      async () => (await get(`${addresses.checkout}/orders`)).status === 200,
    ],
    [
      'orders-mcp answers a tool call on live credentials',
      () => answersToolCall(addresses['orders-mcp'], 'query_orders'),
    ],
    ['assistant answers with the help of orders-mcp', () => helpsInTime(`${addresses.assistant}/ask`)],
    ...checksOfVariant(state),
  ];
  return problemsOf(checks);
}

/** It waits less for help than a busy machine may take to give it: one answer without is none. */
async function helpsInTime(url: string): Promise<boolean> {
  for (let asked = 0; asked < 5; asked++) {
    if (await isNotDegraded(await get(url))) return true;
  }
  return false;
}

async function get(url: string): Promise<Response> {
  return fetch(url, {signal: AbortSignal.timeout(3000)});
}

async function isNotDegraded(response: Response): Promise<boolean> {
  const body: unknown = await response.json();
  return typeof body === 'object' && body !== null && 'degraded' in body && body.degraded === false;
}

/** A tool that lists, and says what it found. */
export async function answersToolCall(url: string, tool: string): Promise<boolean> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': tool,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: tool,
        arguments: {limit: 1},
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': {name: 'lab', version: '1.0.0'},
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
    signal: AbortSignal.timeout(3000),
  });
  const text = await response.text();
  return response.ok && text.includes('"content"') && !text.includes('"isError":true');
}
