import {once} from 'node:events';
import {createServer} from 'node:net';
import type {NodeStreamableHTTPServerTransport} from '@modelcontextprotocol/node';
import {afterEach, describe, expect, it} from 'vitest';
import {holdsSecret} from '../../../src/contract/secret.ts';
import {callTool} from '../../../src/drivers/mcp/call-tool.ts';
import {McpSession} from '../../../src/drivers/mcp/session.ts';
import {contextOf} from '../../helpers/context.ts';
import {type Listening, listen, startOrders} from './orders-server.ts';
import {serveAnswers} from './rig.ts';

const servers: Listening[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function started(starting: Promise<Listening>): Promise<Listening> {
  const server = await starting;
  servers.push(server);
  return server;
}

const sessionAt = (url: string, timeoutMs = 2000) => new McpSession({url: new URL(url), timeoutMs});

function observe(session: McpSession, given: Record<string, unknown> = {}, signal = new AbortController().signal) {
  return callTool.observe(callTool.input.parse({tool: 'query_orders', ...given}), contextOf(session, {signal}));
}

describe('drivers/mcp/call-tool', () => {
  it.each([
    ['both', 'auto', '2026-07-28'],
    ['both', '2025-11-25', '2025-11-25'],
    ['both', '2026-07-28', '2026-07-28'],
    ['modern', 'auto', '2026-07-28'],
    ['legacy-sessions', 'auto', '2025-11-25'],
    ['legacy-sessions', '2025-11-25', '2025-11-25'],
  ] as const)('is allowed by a server of %s asked for %s', async (kind, era, spoken) => {
    const session = sessionAt((await started(startOrders(kind))).url);

    const expected = {state: 'allowed', code: '200', facts: {era: spoken, status: 200}};

    expect(await observe(session, {era})).toEqual(expected);
    expect(await observe(session, {era})).toEqual(expected);
  });

  it('asks once a sample when the era is known', async () => {
    const server = await started(startOrders('modern'));
    const session = sessionAt(server.url);
    await observe(session);
    await observe(session);

    expect(session.era).toBe('2026-07-28');
    expect(server.seen.map((one) => one.headers['mcp-method'])).toEqual(['tools/call', 'tools/call']);
    expect(server.seen[1]?.headers).toMatchObject({'mcp-name': 'query_orders', 'mcp-protocol-version': '2026-07-28'});
  });

  it('opens a connection for each request', async () => {
    const server = await started(startOrders('both'));
    const session = sessionAt(server.url);

    await observe(session);
    await observe(session, {era: '2025-11-25'});

    expect(new Set(server.seen.map((one) => one.connection)).size).toBe(server.seen.length);
  });

  it('leaves no legacy session behind', async () => {
    const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
    const server = await started(startOrders('legacy-sessions', {sessions}));

    await observe(sessionAt(server.url), {era: '2025-11-25'});

    expect(server.seen.map((one) => one.http)).toEqual(['POST', 'POST', 'POST', 'DELETE']);
    expect(sessions.size).toBe(0);
  });

  it.each(['both', 'modern', 'legacy-sessions'] as const)(
    'is denied by a server of %s once its token was revoked',
    async (kind) => {
      const tokens = new Set(['integration']);
      const session = sessionAt((await started(startOrders(kind, {tokens}))).url);
      await observe(session, {token: 'integration'});
      const {era} = session;

      tokens.delete('integration');

      const denied = {state: 'denied', code: '401', ownControl: true};
      expect(await observe(session, {token: 'integration'})).toEqual({...denied, facts: {era, status: 401}});
      expect(await observe(session)).toMatchObject(denied);
      expect(session.era).toBe(era);
    },
  );

  it('takes no refusal for a word on the era', async () => {
    const tokens = new Set<string>();
    const session = sessionAt((await started(startOrders('legacy-sessions', {tokens}))).url);

    const refused = await observe(session, {token: 'integration'});
    tokens.add('integration');

    expect(refused).toEqual({state: 'denied', code: '401', ownControl: true, facts: {status: 401}});
    expect(session.era).toBeUndefined();
    expect(await observe(session, {token: 'integration'})).toMatchObject({state: 'allowed'});
  });

  it.each([403, 500, 502, 503, 429])('takes no %i for a word on the era', async (status) => {
    const server = await started(listen((_request, response) => response.writeHead(status).end('{}')));
    const session = sessionAt(server.url);

    const observed = await observe(session);

    expect(observed).toMatchObject({state: status === 403 ? 'denied' : 'indeterminate', code: String(status)});
    expect(session.era).toBeUndefined();
    expect(server.seen).toHaveLength(1);
  });

  it.each(['2025-11-25', '2026-07-28'])('is indeterminate where isError comes with HTTP 200 (%s)', async (era) => {
    const session = sessionAt((await started(startOrders('both'))).url);

    const observed = await observe(session, {tool: 'broken', era});

    expect(observed).toEqual({state: 'indeterminate', code: 'tool-error', facts: {era, status: 200}});
  });

  it.each(['2025-11-25', '2026-07-28'])('is denied where isError counts, and needs a control (%s)', async (era) => {
    const session = sessionAt((await started(startOrders('both'))).url);

    const observed = await observe(session, {tool: 'broken', era, 'tool-error': 'denied'});

    expect(observed).toEqual({state: 'denied', code: 'tool-error', facts: {era, status: 200}});
  });

  it('takes isError alone for what the drill says it means', async () => {
    const session = sessionAt((await started(startOrders('both'))).url);

    const unknown = await observe(session, {tool: 'no_such_tool', 'tool-error': 'denied'});
    const working = await observe(session, {'tool-error': 'denied'});

    expect([unknown.state, working.state]).toEqual(['indeterminate', 'allowed']);
  });

  it('tells an error of JSON-RPC from isError: servers word a refused password either way', async () => {
    const server = await started(
      listen((_request, response) =>
        response
          .writeHead(200, {'content-type': 'application/json'})
          .end('{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"password authentication failed"}}'),
      ),
    );

    const observed = await observe(sessionAt(server.url), {era: '2026-07-28', 'tool-error': 'denied'});

    expect(observed).toMatchObject({state: 'indeterminate', code: 'jsonrpc:-32603'});
  });

  it.each([401, 405])('minds no %d to the end of its legacy session', async (status) => {
    const server = await started(
      listen((request, response) => {
        if (request.method === 'DELETE') return response.writeHead(status).end();
        const body = '{"jsonrpc":"2.0","id":ID,"result":{"protocolVersion":"2025-11-25"}}';
        request.toArray().then((sent) => {
          const {id} = JSON.parse(Buffer.concat(sent).toString());
          response
            .writeHead(200, {'content-type': 'application/json', 'mcp-session-id': 's-1'})
            .end(body.replace('ID', String(id ?? null)));
        });
      }),
    );

    expect(await observe(sessionAt(server.url), {era: '2025-11-25'})).toMatchObject({state: 'allowed', code: '200'});
  });

  it.each(['2025-11-25', '2026-07-28', 'auto'])('is indeterminate for an unknown tool (%s)', async (era) => {
    const session = sessionAt((await started(startOrders('both'))).url);

    expect(await observe(session, {tool: 'no_such_tool', era})).toMatchObject({
      state: 'indeterminate',
      code: 'jsonrpc:-32602',
    });
  });

  it('takes a 404 of a terminated session for no refusal', async () => {
    const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
    sessions.set = () => sessions;
    const server = await started(startOrders('legacy-sessions', {sessions}));

    const observed = await observe(sessionAt(server.url), {era: '2025-11-25'});

    expect(observed).toMatchObject({state: 'indeterminate', code: '404'});
  });

  it('is indeterminate for a modern server asked in the legacy era', async () => {
    const session = sessionAt((await started(startOrders('modern'))).url);

    expect(await observe(session, {era: '2025-11-25'})).toMatchObject({state: 'indeterminate', code: 'jsonrpc:-32022'});
  });

  it.each([
    ['garbage', 'application/json', 'not json'],
    ['a page', 'text/html', '<html></html>'],
    ['another id', 'application/json', '{"jsonrpc":"2.0","id":99,"result":{}}'],
    ['a torn event', 'text/event-stream', 'data: {"jsonrpc":"2.0","id":1,"result":{}}'],
    ['a huge body', 'application/json', `{"jsonrpc":"2.0","id":1,"result":{"text":"${'x'.repeat(2 * 1024 * 1024)}"}}`],
  ])('is indeterminate for %s', async (_title, type, body) => {
    const server = await started(
      listen((_request, response) => response.writeHead(200, {'content-type': type}).end(body)),
    );

    const observed = await observe(sessionAt(server.url), {era: '2026-07-28'});

    expect(observed).toMatchObject({state: 'indeterminate', code: 'protocol'});
  });

  it('reads the answer among the events of a stream', async () => {
    const events = [
      ': hello\n\n',
      'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\r\n\r\n',
      'id: 7\ndata: {"jsonrpc":"2.0",\ndata: "id":1,"result":{"content":[]}}\n\n',
    ];
    const server = await started(
      listen((_request, response) =>
        response.writeHead(200, {'content-type': 'text/event-stream'}).end(events.join('')),
      ),
    );

    expect(await observe(sessionAt(server.url), {era: '2026-07-28'})).toMatchObject({state: 'allowed'});
  });

  it('waits for no end of a stream that is kept open after the answer', async () => {
    const server = await started(
      listen((_request, response) => {
        response.writeHead(200, {'content-type': 'text/event-stream'});
        response.write(': hello\n\n');
        response.write('data: {"jsonrpc":"2.0","id":1,"result":{"content":[]}}\n\n');
      }),
    );

    expect(await observe(sessionAt(server.url), {era: '2026-07-28'})).toMatchObject({state: 'allowed'});
  });

  it('takes a question back from the server for no result', async () => {
    const body = '{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required"}}';
    const server = await started(
      listen((_request, response) => response.writeHead(200, {'content-type': 'application/json'}).end(body)),
    );

    expect(await observe(sessionAt(server.url))).toMatchObject({state: 'indeterminate', code: 'incomplete'});
  });

  it('follows no redirect', async () => {
    const orders = await started(startOrders('both'));
    const server = await started(listen((_request, response) => response.writeHead(307, {location: orders.url}).end()));

    expect(await observe(sessionAt(server.url), {era: '2026-07-28'})).toMatchObject({
      state: 'indeterminate',
      code: '307',
    });
    expect(orders.seen).toEqual([]);
  });

  it('is unreachable once the server was stopped', async () => {
    const server = await started(startOrders('both'));
    const session = sessionAt(server.url);
    await observe(session);

    await server.close();

    expect(await observe(session)).toEqual({state: 'unreachable', code: 'ECONNREFUSED', facts: {era: '2026-07-28'}});
  });

  it('is unreachable when bytes come too slowly', async () => {
    const server = await started(
      listen((_request, response) => {
        response.writeHead(200, {'content-type': 'application/json'});
        const timer = setInterval(() => response.write(' '), 10);
        response.once('close', () => clearInterval(timer));
      }),
    );

    expect(await observe(sessionAt(server.url, 100))).toEqual({state: 'unreachable', code: 'TIMEOUT'});
  });

  it('is unreachable when its sample is over', async () => {
    const server = await started(listen(() => undefined));

    const observed = await observe(sessionAt(server.url), {}, AbortSignal.timeout(50));

    expect(observed).toEqual({state: 'unreachable', code: 'TIMEOUT'});
  });

  it('is unreachable where the connection is reset before an answer', async () => {
    const server = await started(listen((request) => request.socket.resetAndDestroy()));

    expect(await observe(sessionAt(server.url))).toEqual({state: 'unreachable', code: 'ECONNRESET'});
  });

  it('is unreachable for a name that nobody has', async () => {
    expect(await observe(sessionAt('http://nowhere.invalid/mcp'))).toEqual({state: 'unreachable', code: 'ENOTFOUND'});
  });

  it('is unreachable where TLS can not be agreed on', async () => {
    const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const address = plain.address();
    const port = typeof address === 'object' ? address?.port : 0;

    expect(await observe(sessionAt(`https://127.0.0.1:${port}/mcp`))).toEqual({state: 'unreachable', code: 'TLS'});
    plain.close();
  });

  it('carries a credential where a token is given', () => {
    expect(callTool.carriesCredential(callTool.input.parse({tool: 'x', token: 'secret'}))).toBe(true);
    expect(callTool.carriesCredential(callTool.input.parse({tool: 'x'}))).toBe(false);
    expect(holdsSecret(callTool.input)).toBe(true);
  });

  it.each([
    {tool: 'two words'},
    {tool: 'line\nbreak'},
    {tool: ''},
    {tool: 'x', era: '2024-11-05'},
    {tool: 'x', surplus: 1},
    {tool: 'x', 'tool-error': 'allowed'},
  ])('refuses the input %j', (given) => {
    expect(callTool.input.safeParse(given).success).toBe(false);
  });

  it.each([
    ['result._meta.startedAt', 'then'],
    ['result._meta.com.example/process.pid', '4711'],
    ['result._meta.com.example/process.name', undefined],
    ['result.structuredContent', undefined],
    ['header.x-instance', 'a1'],
  ])('tells which process answered, by %s', async (instance, told) => {
    const result = {content: [], _meta: {startedAt: 'then', 'com.example/process': {pid: 4711}}, structuredContent: {}};
    const {url} = await serveAnswers(() => ({result, headers: {'x-instance': 'a1'}}));

    const seen = await observe(sessionAt(url), {instance});

    expect(seen.instance).toBe(told);
    expect(seen.state).toBe('allowed');
  });

  it('tells which process refuses', async () => {
    const refusing = await serveAnswers(() => ({status: 401, headers: {'x-instance': 'a1'}}));
    const silent = await serveAnswers(() => ({status: 401}));

    expect(await observe(sessionAt(refusing.url), {instance: 'header.x-instance'})).toMatchObject({
      state: 'denied',
      instance: 'a1',
    });
    expect(await observe(sessionAt(silent.url), {instance: 'header.x-instance'})).toMatchObject({state: 'denied'});
  });
});
