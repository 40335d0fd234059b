import {execFile} from 'node:child_process';
import https from 'node:https';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterEach, describe, expect, it, vi} from 'vitest';
import {makeCertificate} from '../http/certificate.ts';
import {listen} from '../http/serve.ts';
import {clientOf, rawServer, secret, signal, standIn, token} from './client-rig.ts';

const runFile = promisify(execFile);
const proxies = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What a variable of the environment would change, and does not: a drill file alone says where to go and as whom. */
describe('drivers/vault/client-environment', () => {
  it('sends no token for a login although VAULT_TOKEN is set', async () => {
    vi.stubEnv('VAULT_TOKEN', 'of-the-environment');
    const server = await standIn();
    const client = await clientOf(server);

    await client.ask({method: 'POST', path: 'auth/approle/login', body: {role_id: 'r'}, signal});

    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]?.headers).not.toHaveProperty('x-vault-token');
    expect(server.asked[0]?.body).toBe('{"role_id":"r"}');
  });

  it('sends the token it is given although VAULT_TOKEN is set', async () => {
    vi.stubEnv('VAULT_TOKEN', 'of-the-environment');
    const server = await standIn();

    await (await clientOf(server)).ask({method: 'GET', path: 'x', token, signal});

    expect(server.asked.map(({headers}) => headers['x-vault-token'])).toEqual([token]);
  });

  it.each(['VAULT_ADDR', 'VAULT_NAMESPACE', 'VAULT_PREFIX', 'VAULT_CACERT', 'VAULT_SKIP_VERIFY', ...proxies])(
    'heeds no %s of the environment',
    async (name) => {
      const other = await rawServer((socket) => socket.destroy());
      vi.stubEnv(name, name === 'VAULT_PREFIX' ? '/prefix' : other.address);
      vi.stubEnv('NO_PROXY', '');
      const server = await standIn();
      const client = await clientOf(server);

      await client.call({method: 'GET', path: 'sys/health', token, signal});

      expect(other.connections()).toBe(0);
      expect(server.asked.map(({url}) => url)).toEqual(['/v1/sys/health']);
      expect(Object.keys(server.asked[0]?.headers ?? {}).toSorted()).toEqual([
        'accept',
        'connection',
        'host',
        'x-vault-token',
      ]);
    },
  );

  it('sends its own namespace, and no other', async () => {
    vi.stubEnv('VAULT_NAMESPACE', 'of-the-environment');
    const server = await standIn();
    const client = await clientOf(server, {namespace: 'team-a'});

    await client.call({method: 'GET', path: 'x', token, signal});

    expect(server.asked[0]?.headers['x-vault-namespace']).toBe('team-a');
  });

  it('trusts no unknown certificate whatever the environment says', async () => {
    const {address, file, requests} = await httpsServer();
    vi.stubEnv('VAULT_SKIP_VERIFY', 'true');
    vi.stubEnv('VAULT_CACERT', file);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const client = await clientOf({address});

    const asking = client.call({method: 'GET', path: 'x', token, signal});

    await expect(asking).rejects.toMatchObject({code: 'unreachable', retryable: false, detail: 'TLS'});
    expect(requests()).toBe(0);
  });

  it('logs nothing with DEBUG=node-vault', async () => {
    const server = await standIn();

    const {stdout, stderr} = await inProcess(server.address, {DEBUG: '*,node-vault', NODE_DEBUG: ''});

    expect({stdout, stderr}).toEqual({stdout: '200 200\n', stderr: ''});
  });

  it('goes through no proxy that Node itself was told to use', async () => {
    const proxy = await rawServer((socket) => socket.destroy());
    const env = {NODE_USE_ENV_PROXY: '1', ...Object.fromEntries(proxies.map((name) => [name, proxy.address]))};
    const plain = await standIn();
    const {address, file} = await httpsServer();

    const answered = await inProcess(plain.address, env);
    const answeredSafely = await inProcess(address, {...env, NODE_EXTRA_CA_CERTS: file});

    expect([answered.stdout, answeredSafely.stdout]).toEqual(['200 200\n', '200 200\n']);
    expect(proxy.connections()).toBe(0);
  });
});

/** A login and a write in a process of their own: some variables are read only once, when a process starts. */
function inProcess(
  address: string,
  env: Readonly<Record<string, string>>,
): Promise<{readonly stdout: string; readonly stderr: string}> {
  const source = JSON.stringify(path.resolve(import.meta.dirname, '../../../src/drivers/vault/client.ts'));
  const script = `
    import {createVaultClient} from ${source};
    const client = await createVaultClient({address: process.argv[1], timeoutMs: 5000});
    const request = {method: 'POST', body: {secret_id: '${secret}'}, signal: new AbortController().signal};
    const login = await client.ask({...request, path: 'auth/approle/login'});
    const write = await client.ask({...request, path: 'x', token: '${token}'});
    console.log(login.status, write.status);
  `;
  return runFile(process.execPath, ['--input-type=module', '-e', script, address], {env});
}

async function httpsServer(): Promise<{readonly address: string; readonly file: string; requests(): number}> {
  const {cert, key, file} = await makeCertificate();
  let count = 0;
  const server = https.createServer({cert, key}, (_request, response) => {
    count++;
    response.end('{}');
  });
  const {port} = await listen(server);
  return {address: `https://localhost:${port}`, file, requests: () => count};
}
