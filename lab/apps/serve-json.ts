import {createServer, type IncomingMessage} from 'node:http';
import {readSetting} from './settings.ts';

export type JsonAnswer = readonly [status: number, body: Readonly<Record<string, unknown>>];

/** A service that answers JSON on a few paths, and says in each answer since when it runs. What it can't answer is a 500. */
export function serveJson(pages: Readonly<Record<string, (request: IncomingMessage) => Promise<JsonAnswer>>>): void {
  const startedAt = new Date().toISOString();
  const server = createServer(async (request, response) => {
    const page = pages[request.url ?? ''];
    const [status, body] = await answerOf(request, page);
    response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify({...body, startedAt}));
  });
  server.listen(Number(readSetting('LAB_PORT')), readSetting('LAB_HOST'));
}

async function answerOf(
  request: IncomingMessage,
  page: ((request: IncomingMessage) => Promise<JsonAnswer>) | undefined,
): Promise<JsonAnswer> {
  if (request.url === '/healthz') return [200, {}];
  if (page === undefined) return [404, {}];
  return page(request).catch((): JsonAnswer => [500, {}]);
}
