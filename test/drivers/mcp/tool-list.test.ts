import {describe, expect, it} from 'vitest';
import {listTools} from '../../../src/drivers/mcp/list-tools.ts';
import type {McpSession} from '../../../src/drivers/mcp/session.ts';
import {toolList} from '../../../src/drivers/mcp/tool-list.ts';
import {contextOf} from '../../helpers/context.ts';
import {listen, startOrders} from './orders-server.ts';
import {during, serveAnswers, sessionAt} from './rig.ts';

describe('drivers/mcp/tool-list', () => {
  it.each(['both', 'modern', 'legacy-sessions'] as const)('takes the names that a server of %s lists', async (kind) => {
    const session = sessionAt(await during(startOrders(kind)));

    const taken = await take(session);

    expect(taken).toEqual({tools: ['broken', 'query_orders'], count: 2});
    expect(toolList.count(taken)).toBe(2);
    expect(toolList.kind).toBe('taken');
  });

  it('gives what list-tools asks for', async () => {
    const tokens = new Set(['integration']);
    const session = sessionAt(await during(startOrders('both', {tokens})));

    const given = {token: 'integration', 'tool-list': await take(session, {token: 'integration'})};
    const observed = await listTools.observe(listTools.input.parse(given), contextOf(session));

    expect(observed).toMatchObject({state: 'allowed'});
  });

  it('takes each name once, whatever the server says', async () => {
    const server = await serveAnswers(() => ({result: {tools: [{name: 'b'}, {name: 'a'}, {name: 'b'}]}}));

    expect(await take(sessionAt(server))).toEqual({tools: ['a', 'b'], count: 2});
  });

  it('takes none where none is listed, which proves nothing', async () => {
    const server = await serveAnswers(() => ({result: {tools: []}}));

    expect(toolList.count(await take(sessionAt(server)))).toBe(0);
  });

  it('is journalled as one call to the outside', async () => {
    const context = contextOf(sessionAt(await during(startOrders('both'))));

    await toolList.take(toolList.input.parse({}), context);

    expect(context.calls).toEqual(['tools/list']);
  });

  it.each([
    [401, 'unauthenticated', false],
    [403, 'forbidden', false],
    [404, 'not-found', false],
    [429, 'rate-limited', true],
    [503, 'unavailable', true],
    [302, 'protocol', false],
  ])('takes a %d for an error `%s`', async (status, code, retryable) => {
    const server = await during(listen((_request, response) => response.writeHead(status).end()));

    const taking = take(sessionAt(server), {era: '2026-07-28', token: 'hunter2'});

    await expect(taking).rejects.toMatchObject({
      code,
      retryable,
      detail: String(status),
      message: expect.not.stringContaining('hunter2'),
    });
  });

  it('names an error of JSON-RPC', async () => {
    const server = await serveAnswers(() => ({error: {code: -32603, message: 'hunter2'}}));

    const taking = take(sessionAt(server), {era: '2026-07-28'});

    await expect(taking).rejects.toMatchObject({
      code: 'rejected',
      detail: 'jsonrpc:-32603',
      message: expect.not.stringContaining('hunter2'),
    });
  });

  it('names a server that does not answer', async () => {
    const taking = take(sessionAt({url: 'http://127.0.0.1:1/mcp'}));

    await expect(taking).rejects.toMatchObject({code: 'unreachable', detail: 'ECONNREFUSED', retryable: true});
  });
});

function take(session: McpSession, given: Record<string, unknown> = {}) {
  return toolList.take(toolList.input.parse(given), contextOf(session));
}
