import https from 'node:https';
import net from 'node:net';
import {describe, expect, it} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import {requestAction} from '../../../src/drivers/http/request-action.ts';
import {contextOf} from '../../helpers/context.ts';
import {makeCertificate} from './certificate.ts';
import {listen, serve} from './serve.ts';
import {serveTls} from './tls-server.ts';

describe('drivers/http/request (action)', () => {
  it('sends one request, as one call', async () => {
    const seen: unknown[] = [];
    const url = await serve(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      seen.push([request.method, request.url, request.headers.authorization, body]);
      response.writeHead(204).end();
    });
    const input = {url: new URL('/servers/orders', url).href, method: 'PATCH', body: {enabled: false}};

    const calls = await execute({...input, headers: {authorization: 'Bearer t-1'}});

    expect(seen).toEqual([['PATCH', '/servers/orders', 'Bearer t-1', '{"enabled":false}']]);
    expect(calls).toEqual(['request']);
  });

  it.each([200, 201, 202, 204])('is done by a %d', async (status) => {
    const url = await serve((_request, response) => response.writeHead(status).end());

    await expect(execute({url: url.href})).resolves.toBeDefined();
  });

  it('is done by the statuses of its list alone', async () => {
    const url = await serve((request, response) => response.writeHead(Number(request.url?.slice(1))).end());
    const at = (status: number) =>
      execute({url: new URL(`/${status}`, url).href, method: 'DELETE', status: [204, 404]});

    await expect(at(404)).resolves.toBeDefined();
    await expect(at(200)).rejects.toMatchObject({code: 'protocol', detail: '200', retryable: false});
  });

  it.each([
    [302, 'protocol', false],
    [400, 'rejected', false],
    [401, 'unauthenticated', false],
    [403, 'forbidden', false],
    [404, 'not-found', false],
    [409, 'conflict', false],
    [410, 'not-found', false],
    [422, 'rejected', false],
    [423, 'conflict', false],
    [429, 'rate-limited', true],
    [500, 'unavailable', true],
    [503, 'unavailable', true],
  ])('takes a %d for an error `%s`', async (status, code, retryable) => {
    const url = await serve((_request, response) => response.writeHead(status, {location: '/'}).end('hunter2'));

    const error = await failure({url: `${url.href}servers?key=hunter2`, method: 'PUT', body: {password: 'hunter2'}});

    expect(error).toMatchObject({code, retryable, detail: String(status)});
    expect(error.message).toMatch(
      new RegExp(`^Expected \`PUT ${url.origin}/servers\` to answer .*, got ${status}\\. `),
    );
    expect(error.message).not.toContain('hunter2');
  });

  it.each([
    ['POST', {}, false],
    ['PATCH', {}, false],
    ['POST', {idempotent: true}, true],
    ['PATCH', {idempotent: true}, true],
    ['PUT', {}, true],
    ['DELETE', {}, true],
  ])('lets a %s %j be sent again: %s', async (method, more, retryable) => {
    const busy = await serve((_request, response) => response.writeHead(503).end());
    const lost = await serve((request) => request.socket.destroy());
    const silent = await serve(() => undefined);
    const asked = {method, ...more};

    expect(await failure({url: busy.href, ...asked})).toMatchObject({code: 'unavailable', retryable});
    expect(await failure({url: lost.href, ...asked})).toMatchObject({code: 'unreachable', retryable});
    expect(await failure({url: silent.href, timeout: '50ms', ...asked})).toMatchObject({code: 'timeout', retryable});
  });

  it('sends nothing a second time by itself', async () => {
    let times = 0;
    const url = await serve((_request, response) => {
      times += 1;
      response.writeHead(503).end();
    });

    await failure({url: url.href, method: 'PUT'});

    expect(times).toBe(1);
  });

  it('names what does not answer', async () => {
    const server = net.createServer();
    const {port} = await listen(server);
    await new Promise((resolve) => server.close(resolve));

    const error = await failure({url: `http://127.0.0.1:${port}/`});

    expect(error).toMatchObject({code: 'unreachable', detail: 'ECONNREFUSED', retryable: false});
  });

  it('names an answer that is no HTTP', async () => {
    const {port} = await listen(net.createServer((socket) => socket.end('220 mail ready\r\n')));

    expect(await failure({url: `http://127.0.0.1:${port}/`, method: 'PUT'})).toMatchObject({
      code: 'protocol',
      retryable: false,
    });
  });

  it('is ended by the run', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());

    const error = await failure({url: url.href, method: 'PUT'}, controller.signal);

    expect(error).toMatchObject({code: 'failed', detail: 'aborted', retryable: false});
  });

  it('shows its client certificate', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const options = {cert: server.cert, key: server.key, ca: client.cert, requestCert: true, rejectUnauthorized: true};
    const {port} = await listen(https.createServer(options, (_request, response) => response.end()));
    const tls = {ca: server.file, certificate: client.file, key: client.key};

    await expect(execute({url: `https://localhost:${port}/`, tls})).resolves.toBeDefined();
  });

  it('names a client certificate that is refused', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveTls(server, server.file);
    const tls = {ca: server.file, certificate: client.file, key: client.key};

    expect(await failure({url: url.href, method: 'PUT', tls})).toMatchObject({
      code: 'unauthenticated',
      retryable: false,
    });
  });

  it('names the URL as what it touches', () => {
    const input = requestAction.input.parse({url: 'https://A.example.com/x/../y', method: 'POST'});

    expect(requestAction.targets?.(input)).toEqual([{kind: 'http', address: 'https://a.example.com/y'}]);
  });

  it('can’t be read back or undone by itself', () => {
    expect(requestAction.inspect).toBeUndefined();
    expect(requestAction.rollback).toBeUndefined();
  });

  it.each([
    {},
    {method: 'GET'},
    {method: 'POST', status: [500]},
    {method: 'POST', status: []},
    {method: 'POST', follow: true},
    {method: 'POST', timeout: 30},
    {method: 'POST', url: 'http://a.example.com/', tls: {ca: 'ca.pem'}},
  ])('refuses %j', (more) => {
    expect(requestAction.input.safeParse({url: 'https://a.example.com/', ...more}).success).toBe(false);
  });
});

async function execute(input: object, signal = new AbortController().signal): Promise<readonly string[]> {
  const context = contextOf(undefined, {signal});
  await requestAction.execute(requestAction.input.parse({method: 'POST', ...input}), undefined, context);
  return context.calls;
}

async function failure(input: object, signal?: AbortSignal): Promise<DriverError> {
  try {
    await execute(input, signal);
  } catch (error) {
    if (error instanceof DriverError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}
