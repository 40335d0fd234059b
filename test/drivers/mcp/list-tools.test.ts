import {describe, expect, it} from 'vitest';
import {holdsSecret} from '../../../src/contract/secret.ts';
import {callTool} from '../../../src/drivers/mcp/call-tool.ts';
import {listTools} from '../../../src/drivers/mcp/list-tools.ts';
import type {McpSession} from '../../../src/drivers/mcp/session.ts';
import {contextOf} from '../../helpers/context.ts';
import {listen, startOrders} from './orders-server.ts';
import {during, serveAnswers, sessionAt} from './rig.ts';

describe('drivers/mcp/list-tools', () => {
  it.each([
    ['both', 'auto', '2026-07-28'],
    ['both', '2025-11-25', '2025-11-25'],
    ['modern', 'auto', '2026-07-28'],
    ['legacy-sessions', 'auto', '2025-11-25'],
  ] as const)('counts the tools of a server of %s asked for %s', async (kind, era, spoken) => {
    const session = sessionAt(await during(startOrders(kind)));

    const observed = await observe(session, {era});

    expect(observed).toMatchObject({state: 'allowed', code: '200', facts: {era: spoken, status: 200, tools: 2}});
  });

  it('is a hint and never the only proof', () => {
    expect(listTools.hint).toBe(true);
  });

  it('goes on while the tool itself is refused by its backend', async () => {
    const session = sessionAt(await during(startOrders('both')));
    const call = callTool.input.parse({tool: 'broken', 'tool-error': 'denied'});

    expect(await callTool.observe(call, contextOf(session))).toMatchObject({state: 'denied', code: 'tool-error'});
    expect(await observe(session)).toMatchObject({state: 'allowed'});
  });

  it('tells for how long a list of the newer era may be served from a cache', async () => {
    const server = await serveAnswers(() => ({
      result: {resultType: 'complete', tools: [], ttlMs: 86_400_000, cacheScope: 'public'},
    }));

    const observed = await observe(sessionAt(server));

    expect(observed).toMatchObject({state: 'allowed', facts: {tools: 0, ttlMs: 86_400_000}});
  });

  it.each(['both', 'legacy-sessions'] as const)(
    'is denied by a server of %s once its token was revoked',
    async (kind) => {
      const tokens = new Set(['integration']);
      const session = sessionAt(await during(startOrders(kind, {tokens})));
      const before = await observe(session, {token: 'integration'});

      tokens.delete('integration');

      expect(before).toMatchObject({state: 'allowed'});
      expect(await observe(session, {token: 'integration'})).toMatchObject({
        state: 'denied',
        code: '401',
        ownControl: true,
      });
    },
  );

  it('reads all pages, each over a connection of its own', async () => {
    const server = await serveAnswers(({params}) => {
      const page = Number(params?.cursor ?? 0);
      const tools = [{name: `tool-${page}`}];
      return {result: page < 2 ? {tools, nextCursor: String(page + 1)} : {tools}};
    });

    expect(await observe(sessionAt(server))).toMatchObject({state: 'allowed', facts: {tools: 3}});
    expect(new Set(server.seen.map(({connection}) => connection)).size).toBe(3);
  });

  it('counts no page that was read in another era before', async () => {
    const server = await serveAnswers(({method, params}) => {
      if (method === 'initialize') return {result: {protocolVersion: '2025-11-25'}};
      if (method !== 'tools/list') return {status: method.startsWith('notifications/') ? 202 : 400};
      if (params?._meta === undefined) return {result: {tools: [{name: 'a'}, {name: 'b'}]}};
      return params.cursor === undefined ? {result: {tools: [{name: 'a'}], nextCursor: '2'}} : {status: 400};
    });

    const observed = await observe(sessionAt(server));

    expect(observed).toMatchObject({state: 'allowed', facts: {era: '2025-11-25', tools: 2}});
  });

  it('gives up a list that never ends', async () => {
    const server = await serveAnswers(() => ({result: {tools: [{name: 'x'}], nextCursor: 'more'}}));

    const observed = await observe(sessionAt(server), {era: '2026-07-28'});

    expect(observed).toMatchObject({state: 'indeterminate', code: 'protocol'});
    expect(server.seen).toHaveLength(50);
  });

  it.each([{}, {tools: 'none'}, {tools: [{title: 'nameless'}]}, {tools: [{name: ''}]}])(
    'takes %j for no list',
    async (result) => {
      const server = await serveAnswers(() => ({result}));

      expect(await observe(sessionAt(server), {era: '2026-07-28'})).toMatchObject({
        state: 'indeterminate',
        code: 'protocol',
      });
    },
  );

  it('tells the unknown method of a server without tools: HTTP 404 with -32601', async () => {
    const server = await serveAnswers(() => ({status: 404, error: {code: -32601, message: 'Method not found'}}));

    const observed = await observe(sessionAt(server), {era: '2026-07-28'});

    expect(observed).toMatchObject({state: 'indeterminate', code: 'jsonrpc:-32601', facts: {status: 404}});
  });

  it.each([
    [['query_orders'], 'allowed', '200'],
    [['gone', 'broken'], 'allowed', '200'],
    [['gone'], 'denied', 'none-listed'],
  ])('finds of the captured %j what makes it %s', async (tools, state, code) => {
    const tokens = new Set(['integration']);
    const session = sessionAt(await during(startOrders('both', {tokens})));

    const observed = await observe(session, {token: 'integration', 'tool-list': {tools, count: tools.length}});

    expect(observed).toMatchObject({state, code, facts: {tools: 2}});
    expect(observed.ownControl).toBe(state === 'denied' ? true : undefined);
  });

  it('is unreachable once the server was stopped', async () => {
    const server = await during(startOrders('both'));
    const session = sessionAt(server);

    await server.close();

    expect(await observe(session)).toEqual({state: 'unreachable', code: 'ECONNREFUSED'});
  });

  it('sends its token nowhere that a redirect leads', async () => {
    const elsewhere = await during(startOrders('both'));
    const server = await during(
      listen((_request, response) => response.writeHead(307, {location: elsewhere.url}).end()),
    );

    const observed = await observe(sessionAt(server), {token: 'integration', era: '2026-07-28'});

    expect(observed).toMatchObject({state: 'indeterminate', code: '307'});
    expect(server.seen.map(({headers}) => headers.authorization)).toEqual(['Bearer integration']);
    expect(elsewhere.seen).toEqual([]);
  });

  it('carries a credential where a token is given', () => {
    expect(listTools.carriesCredential(listTools.input.parse({token: 'secret'}))).toBe(true);
    expect(listTools.carriesCredential(listTools.input.parse({}))).toBe(false);
    expect(holdsSecret(listTools.input)).toBe(true);
  });

  it.each([{tool: 'x'}, {'tool-list': {tools: ['x'], count: 1}}, {token: ''}])('refuses the input %j', (given) => {
    expect(listTools.input.safeParse(given).success).toBe(false);
  });
});

function observe(session: McpSession, given: Record<string, unknown> = {}) {
  return listTools.observe(listTools.input.parse(given), contextOf(session));
}
