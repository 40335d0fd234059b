import {afterEach, describe, expect, it} from 'vitest';
import {connection} from '../../../src/drivers/mcp/connection.ts';
import {mcp} from '../../../src/drivers/mcp/index.ts';
import {McpSession} from '../../../src/drivers/mcp/session.ts';
import {type Listening, listen, startOrders} from './orders-server.ts';

const {signal} = new AbortController();
let server: Listening | undefined;
afterEach(() => server?.close());

const sessionAt = (url: string) => new McpSession({url: new URL(url), timeoutMs: 2000});

describe('drivers/mcp/session', () => {
  it('tells what the server says of itself', async () => {
    server = await startOrders('modern');

    expect(await sessionAt(server.url).identify(signal)).toEqual({product: 'orders', version: '7.0.0'});
  });

  it.each(['legacy-sessions', 'both'] as const)('has no identity behind a bearer check (%s)', async (kind) => {
    server = await startOrders(kind, {tokens: new Set()});

    expect(await sessionAt(server.url).identify(signal)).toEqual({});
  });

  it('throws where nobody answers', async () => {
    const identifying = sessionAt('http://127.0.0.1:1/mcp').identify(signal);

    await expect(identifying).rejects.toMatchObject({code: 'unreachable', detail: 'ECONNREFUSED', retryable: true});
  });

  it.each([200, 401, 404, 500])('holds its control by any answer: %i', async (status) => {
    server = await listen((_request, response) => response.writeHead(status).end());

    expect(await sessionAt(server.url).control(signal)).toBe(true);
  });

  it('holds no control where nobody answers', async () => {
    expect(await sessionAt('http://127.0.0.1:1/mcp').control(signal)).toBe(false);
  });
});

describe('drivers/mcp/connection', () => {
  it('names its target in normal form', () => {
    const input = connection.input.parse({url: 'HTTP://Orders.Example.com:80/mcp#top'});

    expect(connection.targets(input)).toEqual([{kind: 'mcp', address: 'http://orders.example.com/mcp'}]);
    expect(mcp.guard.address.parse('http://orders.example.com/mcp')).toBe('http://orders.example.com/mcp');
  });

  it.each(['ftp://example.com/', 'orders', 'http://user:secret@example.com/mcp'])('refuses the URL %s', (url) => {
    expect(connection.input.safeParse({url}).success).toBe(false);
  });

  it.each([
    ['http://orders/mcp', true],
    ['http://orders/mcp/', false],
    ['https://orders/mcp', false],
    ['http://orders:8080/mcp', false],
  ])('covers by equality alone: %s', (address, expected) => {
    const covered = mcp.guard.covers({kind: 'mcp', address}, {kind: 'mcp', address: 'http://orders/mcp'});

    expect(covered).toBe(expected);
  });
});
