import {inspect} from 'node:util';
import {describe, expect, it} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import type {VaultClient} from '../../../src/drivers/vault/client.ts';
import {answering, clientOf, nobody, rawServer, secret, signal, standIn, token} from './client-rig.ts';

const quoting = `failed: ${token} ${secret}`;

/** Ways to fail, each of which knows the token and the secret. */
const failures: Readonly<Record<string, () => Promise<{readonly address: string}>>> = {
  'a refused connection': nobody,
  'a 403': () => answering(403, {errors: [`permission denied: ${quoting}`]}),
  'a 403 of two errors': () => answering(403, {errors: [`a ${token}`, `b ${secret}`]}),
  'a 500': () => answering(500, {errors: [quoting], data: {token}, warnings: [secret]}),
  'a page': () => answering(200, `<html>${quoting}</html>`),
  'a body cut short': () => answering(200, `{"data": {"token": "${token}", "secret": "${secret}`),
  'a redirect': () => answering(307, quoting, {location: `http://${token}@localhost/${secret}?${token}`}),
  'an answer that is no HTTP': () => rawServer((socket) => socket.end(`${quoting}\r\n\r\n`)),
  'a header that is none': () => rawServer((socket) => socket.end(`HTTP/1.1 200 OK\r\nx: \0${quoting}\r\n\r\n`)),
  'a lost connection': () => rawServer((socket) => socket.resetAndDestroy()),
  'a timeout': () => standIn((_asked, response) => response.write(quoting)),
};

describe('drivers/vault/failure', () => {
  it.each(Object.entries(failures))('holds neither token nor body in its error for %s', async (_what, start) => {
    const error = await failureOf(await clientOf(await start(), {timeoutMs: 300}));

    expectNoSecret(error);
  });

  it.each([`${token}\n`, `${token}\0${secret}`, ''])('says what is wrong with a token such as %j', async (bad) => {
    const server = await standIn();
    const client = await clientOf(server);

    const error = await client.ask({method: 'GET', path: 'x', token: bad, signal}).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({code: 'rejected', message: expect.stringContaining('printable ASCII')});
    expectNoSecret(error);
    expect(server.asked).toEqual([]);
  });

  it('takes both errors of an answer into account, quotes neither', async () => {
    const errors = [`1 error occurred: ${secret}`, `permission denied for ${token}`];

    const error = await failureOf(await clientOf(await answering(403, {errors})));

    expect(error.message).toContain('got 403 (permission denied). Is the token alive');
    expectNoSecret(error);
  });

  it.each([undefined, {}, {errors: 'permission denied'}, {errors: [null, 7]}])(
    'says the status alone where the body tells nothing (%j)',
    async (body) => {
      const error = await failureOf(await clientOf(await answering(403, body)));

      expect(error.message).toContain('to do POST auth/approle/login, got 403. Is the token alive');
    },
  );

  it.each([
    [400, 'rejected', false],
    [401, 'unauthenticated', false],
    [403, 'forbidden', false],
    [404, 'not-found', false],
    [405, 'rejected', false],
    [418, 'failed', false],
    [429, 'rate-limited', true],
    [500, 'unavailable', false],
    [502, 'unavailable', true],
    [503, 'sealed', true],
  ] as const)('turns %i into %s', async (status, code, retryable) => {
    const error = await failureOf(await clientOf(await answering(status, {errors: ['x']})));

    expect(error).toMatchObject({code, retryable, detail: String(status)});
    expect(error.message).toContain(`POST auth/approle/login, got ${status}`);
  });

  it.each([
    [502, 'unavailable'],
    [503, 'sealed'],
  ])('takes a page of a proxy with %i for what the status says', async (status, code) => {
    const error = await failureOf(await clientOf(await answering(status, '<html>nothing is behind me</html>')));

    expect(error).toMatchObject({code, retryable: true, detail: String(status)});
  });

  it('is unreachable when nobody listens', async () => {
    const error = await failureOf(await clientOf(await nobody()));

    expect(error).toMatchObject({code: 'unreachable', retryable: true, detail: 'ECONNREFUSED'});
  });

  it.each([500, 502, 503, 429])('repeats nothing by itself after %i', async (status) => {
    const server = await answering(status, {errors: []}, {'retry-after': '0'});

    await failureOf(await clientOf(server));

    expect(server.asked).toHaveLength(1);
  });

  it('repeats nothing by itself after a lost connection', async () => {
    const server = await rawServer((socket) => socket.resetAndDestroy());

    const error = await failureOf(await clientOf(server));

    expect(error).toMatchObject({code: 'unreachable', retryable: true, detail: 'ECONNRESET'});
    expect(server.connections()).toBe(1);
  });

  it('gives up at its time limit', async () => {
    const silent = await standIn(() => undefined);

    const error = await failureOf(await clientOf(silent, {timeoutMs: 50}));

    expect(error).toMatchObject({code: 'timeout', retryable: true, detail: 'TIMEOUT'});
    expect(silent.asked).toHaveLength(1);
  });

  it('gives up at its time limit however the answer drips', async () => {
    const dripping = await standIn((_asked, response) => {
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    });

    expect(await failureOf(await clientOf(dripping, {timeoutMs: 80}))).toMatchObject({code: 'timeout'});
  });

  it('gives up when the signal aborts', async () => {
    const abort = new AbortController();
    const client = await clientOf(await standIn(() => abort.abort()));
    const request = {method: 'GET', path: 'x', token, signal: abort.signal} as const;

    await expect(client.ask(request)).rejects.toMatchObject({code: 'timeout', detail: 'ABORTED'});
  });

  it('asks nothing when the signal has aborted', async () => {
    const server = await standIn();
    const client = await clientOf(server);
    const request = {method: 'GET', path: 'x', token, signal: AbortSignal.abort()} as const;

    await expect(client.ask(request)).rejects.toMatchObject({code: 'timeout', detail: 'ABORTED'});
    expect(server.asked).toEqual([]);
  });

  it.each(['<html>down for maintenance</html>', '{"data": ', '[{"data": {}}]', '"sealed"', 'null', '7310773107'])(
    'refuses the body %s, and quotes nothing of it',
    async (body) => {
      const error = await failureOf(await clientOf(await answering(200, body)));

      expect(error).toMatchObject({code: 'protocol', retryable: false, detail: '200'});
      expect(error.message).toContain('to answer in JSON, got something else with status 200');
      expect(error.message).not.toContain(body);
      expect(error.cause).toBeUndefined();
    },
  );

  it('refuses a body that is too large, although its beginning is whole', async () => {
    const megabyte = 1 << 20;
    let megabytes = 0;
    const server = await standIn((_asked, response) => {
      const pour = (): void => {
        while (!response.destroyed && megabytes < 200) {
          megabytes++;
          if (!response.write(' '.repeat(megabyte))) return;
        }
      };
      response.on('drain', pour);
      response.write('{}');
      pour();
    });

    const error = await failureOf(await clientOf(server));

    expect(error).toMatchObject({code: 'protocol', message: expect.stringContaining('got too much')});
    expect(megabytes).toBeLessThan(100);
  });

  it('refuses a body that is truncated', async () => {
    const server = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data":{}}'));

    expect(await failureOf(await clientOf(server))).toMatchObject({code: 'unreachable', detail: 'ECONNRESET'});
  });

  it('says that something else listens where the answer is not HTTP', async () => {
    const error = await failureOf(await clientOf(await rawServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))));

    expect(error).toMatchObject({code: 'protocol', message: expect.stringContaining('to speak HTTP')});
  });
});

async function failureOf(client: VaultClient): Promise<DriverError> {
  const asking = client.call({method: 'POST', path: 'auth/approle/login', token, body: {secret_id: secret}, signal});
  const error = await asking.catch((thrown: unknown) => thrown);
  if (error instanceof DriverError) return error;
  throw new Error('Expected a DriverError.', {cause: error});
}

function expectNoSecret(error: unknown): void {
  const shown = [JSON.stringify(error), inspect(error, {depth: 10, showHidden: true}), everythingIn(error)];
  for (const text of shown) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(secret);
  }
}

/** What hangs on an error at any depth, whether it is shown or not, with bytes read as text. */
function everythingIn(value: unknown, seen = new Set<unknown>()): string {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (typeof value !== 'object' || value === null) return String(value);
  if (seen.has(value)) return '';
  seen.add(value);
  return Reflect.ownKeys(value)
    .map((key) => `${String(key)}: ${everythingIn(Reflect.get(value, key), seen)}`)
    .join('\n');
}
