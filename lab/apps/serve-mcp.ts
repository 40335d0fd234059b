import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {json} from 'node:stream/consumers';
import {toNodeHandler} from '@modelcontextprotocol/node';
import {type CallToolResult, createMcpHandler, type McpServer} from '@modelcontextprotocol/server';
import type {CallRecord} from './call-record.ts';
import {readSetting} from './settings.ts';

/** An MCP server over HTTP, with a page that says since when it runs. */
export function serveMcp(options: {
  readonly startedAt: string;
  readonly calls: CallRecord;
  readonly create: () => McpServer;
  /** Nobody has to show a key on loopback; one that is shown must be the right one. */
  readonly clientKey?: string;
}): void {
  const {startedAt, calls, create, clientKey} = options;
  const mcp = toNodeHandler(createMcpHandler(create));
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
    if (clientKey !== undefined && ![undefined, `Bearer ${clientKey}`].includes(headers.authorization)) {
      response.writeHead(401, {'www-authenticate': 'Bearer error="invalid_token"'}).end();
      return;
    }
    const message: unknown = method === 'POST' ? await json(request).catch(() => null) : undefined;
    await calls.around(message, () => mcp(Object.assign(request, {method, url}), response, message));
  }
}

/** What a tool answers, with what says which process did. What went wrong is told by its code alone. */
export async function answerTool(
  work: () => Promise<unknown>,
  {startedAt, calls, failed}: {readonly startedAt: string; readonly calls: CallRecord; readonly failed: string},
): Promise<CallToolResult> {
  const _meta = {startedAt};
  try {
    const found = await work();
    await calls.ended('ok');
    return {content: [{type: 'text', text: JSON.stringify(found)}], _meta};
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    await calls.ended(code);
    return {content: [{type: 'text', text: `${failed}: ${code}`}], isError: true, _meta};
  }
}
