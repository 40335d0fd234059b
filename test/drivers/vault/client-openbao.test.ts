import {afterAll, afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import {pathOf} from '../../../src/drivers/vault/client.ts';
import {clientOf, signal} from './client-rig.ts';
import {issueSecretId, startVaultLab, type VaultLab} from './vault-lab.ts';

/** That the real server takes what the client sends, and answers as the client reads it. */
describe('drivers/vault/client-openbao', () => {
  let vault: VaultLab;
  beforeAll(async () => {
    vault = await startVaultLab();
  });
  afterAll(() => vault?.down());
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('logs in without a token of its own', async () => {
    vi.stubEnv('VAULT_TOKEN', 'of-the-environment');
    const client = await clientOf(vault);
    const {roleId, secretId} = await issueSecretId(vault.root, 'orders-mcp');
    const body = {role_id: roleId, secret_id: secretId};

    const login = await client.call({method: 'POST', path: 'auth/approle/login', body, signal});
    const own = await client.ask({method: 'GET', path: 'auth/token/lookup-self', signal});

    expect(login).toMatchObject({status: 200, body: {auth: {client_token: expect.any(String)}}});
    expect(own.status).toBe(403);
  });

  it('lists accessors by GET', async () => {
    const client = await clientOf(vault);
    const {accessor} = await vault.logIn('orders-mcp');
    const token = vault.operatorToken;

    const listed = await client.call({method: 'LIST', path: 'auth/token/accessors', token, signal});

    expect(listed.body?.data).toMatchObject({keys: expect.arrayContaining([accessor])});
  });

  it('takes a list of nothing for a 404 with a body', async () => {
    const client = await clientOf(vault);
    const path = `${pathOf('sys/leases/lookup', 'database/creds/nothing')}/`;

    const listed = await client.ask({method: 'LIST', path, token: vault.lab.rootToken(), signal});

    expect(listed).toEqual({status: 404, body: {errors: []}});
  });

  it('reads the health without a token', async () => {
    const client = await clientOf(vault);

    expect(await client.call({method: 'GET', path: 'sys/health', signal})).toMatchObject({
      status: 200,
      body: {sealed: false, cluster_name: 'offdrill-lab'},
    });
  });

  it('revokes a lease by its path, with sync', async () => {
    const client = await clientOf(vault);
    const token = vault.lab.rootToken();
    const {body} = await client.call({method: 'GET', path: 'database/creds/orders-mcp', token, signal});
    const lease = String(body?.lease_id);

    const path = pathOf('sys/leases/revoke', lease);
    const revoked = await client.call({method: 'PUT', path, token, body: {sync: true}, signal});

    expect(revoked).toEqual({status: 204, body: undefined});
    const lookup = {method: 'POST', path: 'sys/leases/lookup', token, body: {lease_id: lease}, signal} as const;
    await expect(client.call(lookup)).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('(invalid lease)'),
    });
  });

  it('is forbidden with a token that nobody issued', async () => {
    const client = await clientOf(vault);

    const asking = client.call({method: 'GET', path: 'auth/token/lookup-self', token: 'no-such-token', signal});

    await expect(asking).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('(permission denied)'),
    });
  });

  it.each(["a=b'c", 'a&b', 'a b', 'a%2fb', 'a#b'])('finds what it wrote at %s', async (key) => {
    const client = await clientOf(vault);
    const request = {path: pathOf('cubbyhole', key), token: vault.operatorToken, signal} as const;

    await client.call({...request, method: 'POST', body: {key}});
    const read = await client.call({...request, method: 'GET'});
    const listed = await client.call({...request, method: 'LIST', path: 'cubbyhole/'});

    expect(read.body).toMatchObject({data: {key}});
    expect(listed.body?.data).toMatchObject({keys: expect.arrayContaining([key])});
  });
});

describe('drivers/vault/client-openbao, sealed', () => {
  it('gives the health of a sealed server as an answer', async () => {
    const vault = await startVaultLab();
    const client = await clientOf(vault);

    try {
      await client.call({method: 'PUT', path: 'sys/seal', token: vault.lab.rootToken(), signal});
      const health = await client.ask({method: 'GET', path: 'sys/health', signal});

      expect(health).toMatchObject({status: 503, body: {initialized: true, sealed: true}});
    } finally {
      await vault.down();
    }
  });
});
