import net from 'node:net';
import {describe, expect, it} from 'vitest';
import type {Context} from '../../../src/contract/operation.ts';
import {type GetInput, get} from '../../../src/drivers/http/get.ts';
import {listen, serve} from './serve.ts';

describe('drivers/http/get', () => {
  it.each([
    [200, 'allowed'],
    [401, 'denied'],
    [403, 'denied'],
    [204, 'indeterminate'],
    [302, 'indeterminate'],
    [400, 'indeterminate'],
    [429, 'indeterminate'],
    [500, 'indeterminate'],
    [503, 'indeterminate'],
  ])('sees %d as %s', async (status, state) => {
    const url = await serve((_request, response) => response.writeHead(status, {location: '/'}).end());

    expect(await observe({url: url.href})).toMatchObject({state, code: String(status)});
  });

  it('takes no 404 for a denial: it is also used to hide what is there', async () => {
    const url = await serve((_request, response) => response.writeHead(404).end());

    expect(await observe({url: url.href})).toMatchObject({state: 'indeterminate', code: '404'});
  });

  it('takes a 401 for its own control', async () => {
    const url = await serve((_request, response) => response.writeHead(401).end());

    expect(await observe({url: url.href})).toMatchObject({state: 'denied', code: '401', ownControl: true});
  });

  it('takes every status of its list for allowed', async () => {
    const url = await serve((_request, response) => response.writeHead(204).end());

    expect(await observe({url: url.href, status: [200, 204]})).toMatchObject({state: 'allowed', code: '204'});
  });

  it('sends the headers of its input', async () => {
    const url = await serve((request, response) => {
      response.writeHead(request.headers['x-api-key'] === 'k-1' ? 200 : 401).end();
    });

    expect(await observe({url: url.href, headers: {'X-Api-Key': 'k-1'}})).toMatchObject({state: 'allowed'});
  });

  it('sees a dead server as unreachable', async () => {
    const server = net.createServer();
    const {port} = await listen(server);
    await new Promise((resolve) => server.close(resolve));

    expect(await observe({url: `http://127.0.0.1:${port}/`})).toEqual({state: 'unreachable', code: 'ECONNREFUSED'});
  });

  it('sees an answer that is no HTTP as indeterminate', async () => {
    const server = net.createServer((socket) => socket.end('220 mail ready\r\n'));
    const {port} = await listen(server);

    expect(await observe({url: `http://127.0.0.1:${port}/`})).toMatchObject({state: 'indeterminate', code: 'PROTOCOL'});
  });

  it('sees no answer within the time limit as unreachable', async () => {
    const url = await serve(() => undefined);

    expect(await observe({url: url.href}, AbortSignal.timeout(50))).toEqual({state: 'unreachable', code: 'TIMEOUT'});
  });

  it.each([
    ['json.startedAt', '2026-11-22T10:00:00Z'],
    ['json.process.pid', '4711'],
    ['header.X-Instance', 'a1'],
    ['json.none', undefined],
    ['json.process', undefined],
    ['json.constructor.name', undefined],
    ['json.essay', undefined],
    ['header.x-none', undefined],
  ])('reads the instance from %s', async (instance, told) => {
    const body = {startedAt: '2026-11-22T10:00:00Z', process: {pid: 4711}, essay: 'x'.repeat(101)};
    const url = await serve((_request, response) => response.setHeader('x-instance', 'a1').end(JSON.stringify(body)));

    const observed = await observe({url: url.href, instance});

    expect(observed.instance).toBe(told);
  });

  it.each([
    ['json.a', {}],
    ['header.x-instance', {'x-instance': ' '}],
  ])('tells no process where the answer does not, by %s', async (instance, headers) => {
    const url = await serve((_request, response) => response.writeHead(200, headers).end('<html>'));

    const observed = await observe({url: url.href, instance});

    expect(observed).toMatchObject({state: 'allowed', code: '200'});
    expect(observed).not.toHaveProperty('instance');
  });

  it.each([
    [{headers: {Authorization: 'x'}}, true],
    [{headers: {cookie: 'x'}}, true],
    [{headers: {'X-Api-Key': 'x'}}, true],
    [{url: 'https://a.example.com/?access_token=x'}, true],
    [{headers: {'x-badge': '\x24{{ secrets.badge }}'}}, true],
    [{headers: {'x-badge': 'no. \x24{{ capture.token.token }}'}}, true],
    [{headers: {'x-where': '\x24{{ vars.where }}'}}, false],
    [{tls: {certificate: 'client.pem', key: 'k'}}, true],
    [{tls: {ca: 'ca.pem'}}, false],
    [{headers: {accept: 'text/html'}}, false],
    [{}, false],
  ])('tells whether %j carries a credential', (more, carries) => {
    expect(get.carriesCredential(get.input.parse({url: 'https://a.example.com/', ...more}))).toBe(carries);
  });

  it.each([
    'ftp://a.example.com/',
    'not a url',
    'https://user:password@a.example.com/',
    'https://token@a.example.com/',
  ])('refuses the URL %s', (url) => {
    expect(get.input.safeParse({url}).success).toBe(false);
  });

  it('refuses an input it does not know', () => {
    expect(get.input.safeParse({url: 'https://a.example.com/', method: 'GET'}).success).toBe(false);
    expect(get.input.safeParse({url: 'https://a.example.com/', instance: 'body.a'}).success).toBe(false);
  });

  it.each([
    {status: [200, 404], 'denied-status': [404]},
    {'denied-status': [200]},
    {'denied-status': [503]},
    {'body-limit': 0},
    {'body-limit': 64 << 20},
    {json: 'text'},
    {url: 'http://a.example.com/', tls: {ca: 'ca.pem'}},
  ])('refuses %j', (more) => {
    expect(get.input.safeParse({url: 'https://a.example.com/', ...more}).success).toBe(false);
  });

  it('names the URL as what it touches', () => {
    const input = get.input.parse({url: 'https://A.example.com:443/x/../y#part'});

    expect(get.targets?.(input)).toEqual([{kind: 'http', address: 'https://a.example.com/y'}]);
  });

  it('names its whole origin where redirects may lead anywhere in it', () => {
    const input = get.input.parse({url: 'https://a.example.com/x/y', follow: true});

    expect(get.targets?.(input)).toEqual([
      {kind: 'http', address: 'https://a.example.com/x/y'},
      {kind: 'http', address: 'https://a.example.com/'},
    ]);
  });

  it('judges an input that was not held against its schema', () => {
    const odd = {url: 7, headers: null, tls: 'x'} as unknown as GetInput;

    expect(get.carriesCredential(odd)).toBe(false);
  });
});

function observe(input: Readonly<Record<string, unknown>>, signal = new AbortController().signal) {
  return get.observe(get.input.parse(input), {signal, base: '/'} as Context);
}
