import {execFile} from 'node:child_process';
import {once} from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {type ExchangeRequest, exchange} from '../../../src/drivers/http-exchange.ts';
import {makeCertificate} from './certificate.ts';
import {listen, serve} from './serve.ts';

const runFile = promisify(execFile);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('drivers/http-exchange', () => {
  it('brings status, headers and body', async () => {
    const url = await serve((request, response) => {
      response.writeHead(201, {'x-a': 'b'}).end(`${request.method} ${request.url}`);
    });

    const answer = await ask(new URL('/path?q=1', url), {method: 'POST', body: 'hé'});

    expect(answer).toMatchObject({status: 201, headers: {'x-a': 'b'}, truncated: false});
    expect(answer.body.toString()).toBe('POST /path?q=1');
  });

  it('sends headers and the whole body', async () => {
    const url = await serve(async (request, response) => {
      response.end(JSON.stringify([request.headers, Buffer.concat(await request.toArray()).toString()]));
    });

    const answer = await ask(url, {method: 'POST', headers: {authorization: 'Bearer x'}, body: 'hé'});

    expect(JSON.parse(answer.body.toString())).toMatchObject([
      {authorization: 'Bearer x', 'content-length': '3'},
      'hé',
    ]);
  });

  it('takes a fresh connection each time', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });

    for (let time = 0; time < 3; time++) await ask(url);

    expect(ports.size).toBe(3);
  });

  it('follows no redirect', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url);
      response.writeHead(302, {location: '/elsewhere'}).end();
    });

    const answer = await ask(url);

    expect(answer.status).toBe(302);
    expect(asked).toEqual(['/']);
  });

  it('heeds no proxy of the environment', async () => {
    const url = await serve((_request, response) => response.end('direct'));
    const source = JSON.stringify(path.resolve(import.meta.dirname, '../../../src/drivers/http-exchange.ts'));
    const script = `
      import {exchange} from ${source};
      const signal = new AbortController().signal;
      const url = new URL(process.argv[1]);
      const answer = await exchange({url, method: 'GET', timeoutMs: 5000, maxBodyBytes: 100, signal});
      console.log(answer.body.toString());
    `;
    const proxy = 'http://127.0.0.1:1';
    const env = {NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, http_proxy: proxy};

    const {stdout} = await runFile(process.execPath, ['--input-type=module', '-e', script, url.href], {env});

    expect(stdout).toBe('direct\n');
  });

  it('stops reading a body at its limit', async () => {
    const gone = Promise.withResolvers<void>();
    const url = await serve((_request, response) => {
      response.on('close', gone.resolve);
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', pour);
      pour();
    });

    const answer = await ask(url, {maxBodyBytes: 1000});

    expect(answer).toMatchObject({status: 200, truncated: true});
    expect(answer.body.length).toBe(1000);
    await gone.promise;
  });

  it('reads no further than it is asked to', async () => {
    const gone = Promise.withResolvers<void>();
    const url = await serve((_request, response) => {
      response.on('close', gone.resolve);
      response.writeHead(200, {'content-type': 'text/plain'}).write('first ');
      setImmediate(() => response.write('last.'));
    });

    const answer = await ask(url, {
      isComplete: (headers, body) => headers['content-type'] === 'text/plain' && body.toString().endsWith('.'),
    });

    expect(answer).toMatchObject({status: 200, truncated: false});
    expect(answer.body.toString()).toBe('first last.');
    await gone.promise;
  });

  it('takes the end of an answer for its end although more was hoped for', async () => {
    const url = await serve((_request, response) => response.end('first'));

    expect(await ask(url, {isComplete: () => false})).toMatchObject({status: 200, truncated: false});
  });

  it('takes a body of just the limit whole', async () => {
    const url = await serve((_request, response) => response.end(Buffer.alloc(1000)));

    const answer = await ask(url, {maxBodyBytes: 1000});

    expect(answer).toMatchObject({truncated: false, body: {length: 1000}});
  });

  it('ends at its time limit however bytes drip', async () => {
    const url = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(drip));
    });

    await expect(ask(url, {timeoutMs: 80})).rejects.toMatchObject({code: 'TIMEOUT', tls: false});
  });

  it('ends when nothing is answered at all', async () => {
    const url = await serve(() => undefined);

    await expect(ask(url, {timeoutMs: 80})).rejects.toMatchObject({code: 'TIMEOUT'});
  });

  it('ends when its signal aborts', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());

    await expect(ask(url, {signal: controller.signal})).rejects.toMatchObject({code: 'ABORTED'});
    await expect(ask(url, {signal: controller.signal})).rejects.toMatchObject({code: 'ABORTED'});
  });

  it('tells a time limit of the caller from an abort', async () => {
    const url = await serve(() => undefined);

    await expect(ask(url, {signal: AbortSignal.timeout(20)})).rejects.toMatchObject({code: 'TIMEOUT'});
  });

  it('names the errno when nobody listens', async () => {
    const server = net.createServer();
    const {port} = await listen(server);
    server.close();
    await once(server, 'close');

    await expect(ask(new URL(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({code: 'ECONNREFUSED', tls: false});
    await expect(ask(new URL(`http://localhost:${port}/`))).rejects.toMatchObject({code: 'ECONNREFUSED'});
  });

  it.each([
    ['EAI_AGAIN', 'EAI_AGAIN'],
    ['ENOTFOUND', 'ENOTFOUND'],
    ['ERR_INVALID_CHAR', 'PROTOCOL'],
  ])('names %s as %s', async (code, named) => {
    const request = vi.spyOn(http, 'request').mockImplementation(() => {
      throw Object.assign(new Error('of the resolver'), {code});
    });

    await expect(ask(new URL('http://127.0.0.1:1/'))).rejects.toMatchObject({code: named});
    request.mockRestore();
  });

  it('names a host that does not exist', async () => {
    await expect(ask(new URL('http://nowhere.invalid/'))).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
    });
  });

  it.each([
    ['before the answer', (socket: net.Socket) => socket.destroy()],
    ['within the body', (socket: net.Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc')],
  ])('names a connection lost %s', async (_name, act) => {
    const url = await serveRaw((socket) => socket.once('data', () => act(socket)));

    await expect(ask(url)).rejects.toMatchObject({code: 'ECONNRESET'});
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
  ])('calls an answer of %s a protocol error', async (_name, answer) => {
    const url = await serveRaw((socket) => socket.once('data', () => socket.end(answer)));

    await expect(ask(url)).rejects.toMatchObject({code: 'PROTOCOL'});
  });

  it('keeps nothing of an answer that it could not read', async () => {
    const url = await serveRaw((socket) => socket.once('data', () => socket.end('hunter2\r\n\r\n')));

    await expect(ask(url)).rejects.toMatchObject({code: 'PROTOCOL', cause: undefined});
  });

  it('calls a header that cannot be sent a protocol error', async () => {
    const url = await serve((_request, response) => response.end());

    const asked = ask(url, {headers: {authorization: 'hunter2\nsecret'}});

    await expect(asked).rejects.toMatchObject({code: 'PROTOCOL', message: expect.not.stringContaining('hunter2')});
  });

  it('calls plain HTTP behind https a TLS error', async () => {
    const url = await serve((_request, response) => response.end());
    url.protocol = 'https:';

    await expect(ask(url)).rejects.toMatchObject({code: 'TLS', tls: true});
  });

  it('trusts only the authorities it is given, whatever the environment', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const {cert, key} = await makeCertificate();
    const server = https.createServer({cert, key}, (_request, response) => response.end('safe'));
    const {port} = await listen(server);
    const url = new URL(`https://localhost:${port}/`);

    await expect(ask(url)).rejects.toMatchObject({code: 'TLS', tls: true});
    expect((await ask(url, {tls: {ca: cert}})).body.toString()).toBe('safe');
    await expect(ask(new URL(`https://127.0.0.1:${port}/`), {tls: {ca: cert}})).rejects.toMatchObject({code: 'TLS'});
  });

  it('asks nothing but http and https', async () => {
    await expect(ask(new URL('ftp://127.0.0.1/'))).rejects.toMatchObject({code: 'PROTOCOL'});
  });

  it('leaves no connection open', async () => {
    const server = http.createServer((_request, response) => response.end('x'));
    const {port} = await listen(server);

    await ask(new URL(`http://127.0.0.1:${port}/`));

    server.close();
    await once(server, 'close');
    expect(server.listening).toBe(false);
  });
});

function ask(url: URL, more: Partial<ExchangeRequest> = {}) {
  const signal = new AbortController().signal;
  return exchange({url, method: 'GET', timeoutMs: 5000, maxBodyBytes: 10_000, signal, ...more});
}

async function serveRaw(onConnection: (socket: net.Socket) => void): Promise<URL> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  const {port} = await listen(server);
  return new URL(`http://127.0.0.1:${port}/`);
}
