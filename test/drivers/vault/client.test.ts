import {once} from 'node:events';
import {createServer, type Server} from 'node:net';
import {inspect} from 'node:util';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {createVaultClient, pathOf, type VaultClient} from '../../../src/drivers/vault/client.ts';
import {json, type StandIn, startStandIn} from './stand-in.ts';

const signal = new AbortController().signal;
const token = 'hvs.token-of-test';
const secret = 'secret-of-test';

/** Each trap of node-vault 0.12, by its name: what it would do, and does not behind this client. */
describe('drivers/vault/client', () => {
  const open: {close(): Promise<void>}[] = [];
  afterEach(async () => {
    vi.unstubAllEnvs();
    await Promise.all(open.splice(0).map((one) => one.close()));
  });

  async function standIn(...args: Parameters<typeof startStandIn>): Promise<StandIn> {
    const started = await startStandIn(...args);
    open.push(started);
    return started;
  }
  const clientOf = (address: string, more: {namespace?: string; timeoutMs?: number} = {}): Promise<VaultClient> =>
    createVaultClient({address, timeoutMs: 2000, ...more});
  const answering = (status: number, body?: unknown, headers: Record<string, string> = {}) =>
    standIn((_asked, response) =>
      body === undefined
        ? response.writeHead(status, headers).end()
        : response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body)),
    );
  const failureOf = async (client: VaultClient): Promise<unknown> =>
    client
      .call({method: 'POST', path: 'auth/approle/login', token, body: {secret_id: secret}, signal})
      .catch((error: unknown) => error);

  it('takes 202 for a success', async () => {
    const client = await clientOf((await answering(202)).address);

    expect(await client.call({method: 'PUT', path: 'sys/leases/revoke', token, signal})).toEqual({
      status: 202,
      body: undefined,
    });
  });

  it('takes 204 for a success without a body', async () => {
    const client = await clientOf((await answering(204)).address);

    expect(await client.call({method: 'POST', path: 'x', token, signal})).toEqual({status: 204, body: undefined});
  });

  it('gives any status as an answer when it is asked for one', async () => {
    const body = {initialized: true, sealed: true, standby: true};
    const client = await clientOf((await answering(503, body)).address);

    expect(await client.ask({method: 'GET', path: 'sys/health', signal})).toEqual({status: 503, body});
  });

  it('keeps the body of a 404, which tells a deleted version from a missing key', async () => {
    const body = {data: {data: null, metadata: {destroyed: true}}};
    const client = await clientOf((await answering(404, body)).address);

    expect(await client.ask({method: 'GET', path: 'secret/data/x', token, signal})).toEqual({status: 404, body});
  });

  it('sends every field of a body, `sync` too, which a schema would have dropped', async () => {
    const server = await standIn();
    const client = await clientOf(server.address);

    await client.call({method: 'PUT', path: 'sys/leases/revoke/a', token, body: {sync: true, x: {y: [1]}}, signal});

    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({sync: true, x: {y: [1]}});
  });

  it('never uses the legacy alias sys/revoke-prefix, only the path that it is given', async () => {
    const server = await standIn();
    const client = await clientOf(server.address);

    await client.call({method: 'PUT', path: 'sys/leases/revoke-prefix/database/creds/x', token, signal});

    expect(server.asked.map(({url}) => url)).toEqual(['/v1/sys/leases/revoke-prefix/database/creds/x']);
  });

  it('keeps no token of an answer, so that a login or a token/create makes it nobody else', async () => {
    const server = await standIn((_asked, response) => json(response, 200, {auth: {client_token: 'of-the-answer'}}));
    const client = await clientOf(server.address);

    for (const path of ['auth/token/create', 'auth/approle/login', 'auth/token/renew-self']) {
      await client.call({method: 'POST', path, token, body: {}, signal});
    }
    await client.call({method: 'GET', path: 'x', token, signal});

    expect(server.asked.map(({headers}) => headers['x-vault-token'])).toEqual(Array(4).fill(token));
  });

  it('sends no token where none is given, although VAULT_TOKEN is set', async () => {
    vi.stubEnv('VAULT_TOKEN', 'of-the-environment');
    const server = await standIn();
    const client = await clientOf(server.address);

    await client.ask({method: 'POST', path: 'auth/approle/login', body: {}, signal});

    expect(server.asked[0]?.headers).not.toHaveProperty('x-vault-token');
    expect(JSON.stringify(server.asked)).not.toContain('of-the-environment');
  });

  it.each([
    'VAULT_ADDR',
    'VAULT_NAMESPACE',
    'VAULT_PREFIX',
    'VAULT_CACERT',
    'VAULT_SKIP_VERIFY',
    'HTTP_PROXY',
    'http_proxy',
    'ALL_PROXY',
  ])('heeds no %s of the environment', async (name) => {
    const other = await standIn();
    vi.stubEnv(name, other.address);
    const server = await standIn();
    const client = await clientOf(server.address);

    await client.call({method: 'GET', path: 'sys/health', token, signal});

    expect(other.asked).toEqual([]);
    expect(server.asked.map(({url}) => url)).toEqual(['/v1/sys/health']);
    expect(server.asked[0]?.headers).not.toHaveProperty('x-vault-namespace');
  });

  it('sends its own namespace, and no other', async () => {
    vi.stubEnv('VAULT_NAMESPACE', 'of-the-environment');
    const server = await standIn();
    const client = await clientOf(server.address, {namespace: 'team-a'});

    await client.call({method: 'GET', path: 'x', token, signal});

    expect(server.asked[0]?.headers['x-vault-namespace']).toBe('team-a');
  });

  it('sends each request its own token, also of two clients and at once (header aliasing)', async () => {
    const server = await standIn();
    const [one, two] = [await clientOf(server.address), await clientOf(server.address)];
    const tokens = ['a', 'b', 'c', undefined, 'd', 'e'];

    await Promise.all(
      tokens.map((each, index) =>
        (index % 2 === 0 ? one : two).ask({
          method: 'GET',
          path: `${each ?? 'none'}`,
          ...(each === undefined ? {} : {token: each}),
          signal,
        }),
      ),
    );

    for (const {url, headers} of server.asked) {
      expect(headers['x-vault-token'] ?? 'none').toBe(url.replace('/v1/', ''));
    }
    expect(server.asked).toHaveLength(6);
  });

  it.each(["a=b'c", 'a&b', 'a"b', 'a`b', 'a#b', 'a?b', 'a%2fb', 'a b', 'a{{b}}', 'ä'])(
    'sends %s as one segment, whole (a template would cut or change it)',
    async (segment) => {
      const server = await standIn();
      const client = await clientOf(server.address);

      await client.call({method: 'GET', path: `${pathOf('auth', 'approle', 'role', segment)}/x`, token, signal});

      const [, , auth, approle, role, sent = '', x, ...more] = (server.asked[0]?.url ?? '').split('/');
      expect([auth, approle, role, decodeURIComponent(sent), x, more]).toEqual([
        'auth',
        'approle',
        'role',
        segment,
        'x',
        [],
      ]);
    },
  );

  it('lists by GET with `list=true`, since the LIST verb is not passed on by all servers and proxies', async () => {
    const server = await standIn();
    const client = await clientOf(server.address);

    await client.call({method: 'LIST', path: 'auth/token/accessors', token, signal});

    expect(server.asked).toMatchObject([{method: 'GET', url: '/v1/auth/token/accessors?list=true'}]);
  });

  it('does not follow a 307, and gives the token to nobody', async () => {
    const other = await standIn();
    const server = await answering(307, undefined, {location: `${other.address}/v1/x`});
    const client = await clientOf(server.address);

    const asking = client.ask({method: 'GET', path: 'x', token, signal});

    await expect(asking).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining(`points to ${other.address}. No redirect is followed`),
    });
    expect(other.asked).toEqual([]);
  });

  it.each([
    ['a refusal', 403, {errors: [`permission denied for ${token} with ${secret}`]}],
    ['two errors', 403, {errors: [`a ${token}`, `b ${secret}`]}],
    ['an error of the server', 500, {errors: [`failed: ${token} ${secret}`]}],
    ['garbage', 200, `<html>${token} ${secret}</html>`],
    ['a half body', 200, `{"data": "${secret}`],
  ])('holds neither token nor body in its error for %s', async (_what, status, body) => {
    const client = await clientOf((await answering(status, body)).address);

    const error = await failureOf(client);

    expect(error).toBeInstanceOf(Error);
    expectNoSecret(error);
  });

  it('holds neither token nor body in its error when nobody answers', async () => {
    const closed = await standIn();
    await closed.close();
    open.splice(open.indexOf(closed), 1);

    const error = await failureOf(await clientOf(closed.address));

    expect(error).toMatchObject({code: 'unreachable', retryable: true, detail: 'ECONNREFUSED'});
    expectNoSecret(error);
  });

  it('logs nothing with DEBUG=node-vault', async () => {
    vi.stubEnv('DEBUG', '*');
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const client = await clientOf((await answering(200, {data: {}})).address);

    await client.call({method: 'POST', path: 'x', token, body: {secret_id: secret}, signal});

    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });

  it.each([500, 502, 503, 429])('repeats nothing by itself after %i', async (status) => {
    const server = await answering(status, {errors: []});

    await failureOf(await clientOf(server.address));

    expect(server.asked).toHaveLength(1);
  });

  it('opens a connection of its own for each request', async () => {
    const server = await standIn();
    const client = await clientOf(server.address);

    for (let number = 1; number <= 3; number++) await client.call({method: 'GET', path: 'x', token, signal});

    expect(server.asked.map(({connection}) => connection)).toEqual([1, 2, 3]);
  });

  it('gives up at its time limit', async () => {
    const silent = await standIn(() => undefined);
    const client = await clientOf(silent.address, {timeoutMs: 50});

    const asking = client.ask({method: 'GET', path: 'x', token, signal});

    await expect(asking).rejects.toMatchObject({code: 'timeout', retryable: true, detail: 'TIMEOUT'});
  });

  it('gives up when the signal aborts', async () => {
    const abort = new AbortController();
    const silent = await standIn(() => abort.abort());
    const client = await clientOf(silent.address);

    const asking = client.ask({method: 'GET', path: 'x', token, signal: abort.signal});

    await expect(asking).rejects.toMatchObject({code: 'timeout', detail: 'ABORTED'});
  });

  it('refuses a body without end', async () => {
    const server = await standIn((_asked, response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write(' '.repeat(1 << 20)));
      };
      response.on('drain', pour);
      pour();
    });

    const asking = (await clientOf(server.address)).ask({method: 'GET', path: 'x', token, signal});

    await expect(asking).rejects.toMatchObject({code: 'protocol', message: expect.stringContaining('got too much')});
  });

  it('says that something else listens where the answer is not HTTP', async () => {
    const server: Server = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const error = await failureOf(await clientOf(`http://127.0.0.1:${port}`));
    server.close();

    expect(error).toMatchObject({code: 'protocol', message: expect.stringContaining('to speak HTTP')});
  });

  it.each([
    [400, 'rejected', false],
    [403, 'forbidden', false],
    [404, 'not-found', false],
    [405, 'rejected', false],
    [429, 'rate-limited', true],
    [500, 'unavailable', false],
    [502, 'unavailable', true],
    [503, 'sealed', true],
    [418, 'failed', false],
  ] as const)('turns %i into %s', async (status, code, retryable) => {
    const client = await clientOf((await answering(status, {errors: ['x']})).address);

    expect(await failureOf(client)).toMatchObject({
      code,
      retryable,
      detail: String(status),
      message: expect.stringContaining(`POST auth/approle/login, got ${status}`),
    });
  });
});

function expectNoSecret(error: unknown): void {
  const shown = [JSON.stringify(error), inspect(error, {depth: 10, showHidden: true}), String(Object(error).stack)];
  for (const text of shown) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(secret);
  }
}
