import {createServer} from 'node:http';
import {Client, StreamableHTTPClientTransport} from '@modelcontextprotocol/client';
import {endOnSignal, readSetting} from './settings.ts';

/** A service that uses the integration, and goes on answering without it. */
endOnSignal();
const startedAt = new Date().toISOString();
const orders = new URL(readSetting('LAB_ORDERS_MCP'));
const limitMs = 800;

const server = createServer(async (request, response) => {
  const answer = (status: number, body: unknown): void =>
    void response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
  if (request.url === '/healthz') return answer(200, {startedAt});
  if (request.url !== '/ask') return answer(404, {startedAt});
  const found = await askOrders();
  return answer(200, found === undefined ? {degraded: true, startedAt} : {degraded: false, answer: found, startedAt});
});
server.listen(Number(readSetting('LAB_PORT')), readSetting('LAB_HOST'));

/** A client of its own for each question; undefined where the integration does not answer, or not in time. */
async function askOrders(): Promise<unknown> {
  const client = new Client({name: 'assistant', version: '1.0.0'}, {versionNegotiation: {mode: {pin: '2026-07-28'}}});
  const timeout = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), limitMs).unref();
  });
  const ask = async (): Promise<unknown> => {
    await client.connect(new StreamableHTTPClientTransport(orders));
    const result = await client.callTool({name: 'query_orders', arguments: {limit: 1}});
    return result.isError === true ? undefined : result.content;
  };
  try {
    return await Promise.race([ask(), timeout]);
  } catch {
    return undefined;
  } finally {
    client.close().catch(() => undefined);
  }
}
