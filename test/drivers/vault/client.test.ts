import {describe, expect, it} from 'vitest';
import {pathOf} from '../../../src/drivers/vault/client.ts';
import {answering, clientOf, signal, standIn, token} from './client-rig.ts';
import {json} from './stand-in.ts';

/** Each trap of node-vault 0.12, by its name: what it would do, and does not behind this client. */
describe('drivers/vault/client', () => {
  it.each([200, 202])('takes %d for a success', async (status) => {
    const client = await clientOf(await answering(status));

    const answer = await client.call({method: 'PUT', path: 'sys/leases/revoke', token, signal});

    expect(answer).toEqual({status, body: undefined});
  });

  it('answers 204 with no body', async () => {
    const client = await clientOf(await answering(204));

    expect(await client.call({method: 'POST', path: 'x', token, signal})).toEqual({status: 204, body: undefined});
  });

  it.each([
    [503, {initialized: true, sealed: true, standby: true}],
    [501, {initialized: false, sealed: true}],
    [429, {initialized: true, sealed: false, standby: true}],
    [472, {initialized: true, sealed: false}],
  ])('gives the health of a sealed or waiting server (%d) as an answer', async (status, body) => {
    const client = await clientOf(await answering(status, body));

    expect(await client.ask({method: 'GET', path: 'sys/health', signal})).toEqual({status, body});
  });

  it('takes no health for a success because of its path', async () => {
    const client = await clientOf(await answering(503, {sealed: true}));

    const asking = client.call({method: 'GET', path: 'sys/health', signal});

    await expect(asking).rejects.toMatchObject({code: 'sealed', detail: '503'});
  });

  it('keeps the body of a 404, which tells a deleted version from a missing key', async () => {
    const body = {data: {data: null, metadata: {destroyed: true}}};
    const client = await clientOf(await answering(404, body));

    expect(await client.ask({method: 'GET', path: 'secret/data/x', token, signal})).toEqual({status: 404, body});
  });

  it.each(['sys/leases/revoke', 'sys/leases/revoke/database/creds/x/1'])('sends sync outright to %s', async (path) => {
    const server = await standIn();
    const client = await clientOf(server);
    const body = {lease_id: 'database/creds/x/1', sync: true, nested: {list: [1]}};

    await client.call({method: 'PUT', path, token, body, signal});

    expect(server.asked).toMatchObject([{method: 'PUT', headers: {'content-type': 'application/json'}}]);
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual(body);
  });

  it('sends the modern prefix path, never sys/revoke-prefix', async () => {
    const server = await standIn();
    const client = await clientOf(server);

    await client.call({method: 'PUT', path: 'sys/leases/revoke-prefix/database/creds/x', token, signal});

    expect(server.asked.map(({method, url}) => [method, url])).toEqual([
      ['PUT', '/v1/sys/leases/revoke-prefix/database/creds/x'],
    ]);
  });

  it.each(['auth/token/create', 'auth/approle/login', 'auth/token/renew-self'])(
    'keeps its token when an answer of %s carries another',
    async (path) => {
      const server = await standIn((_asked, response) => json(response, 200, {auth: {client_token: 'of-the-answer'}}));
      const client = await clientOf(server);

      await client.call({method: 'POST', path, token, body: {}, signal});
      await client.call({method: 'GET', path: 'x', token, signal});
      await client.call({method: 'GET', path: 'x', signal});

      expect(server.asked.map(({headers}) => headers['x-vault-token'])).toEqual([token, token, undefined]);
    },
  );

  it('sends each request its own token, also of two clients and at once', async () => {
    const server = await standIn();
    const [one, two] = [await clientOf(server), await clientOf(server)];
    const tokens = ['a', 'b', 'c', 'd', undefined, undefined, 'e', 'f'];

    await Promise.all(
      tokens.map((each, index) => {
        const given = each === undefined ? {} : {token: each};
        return (index % 2 === 0 ? one : two).ask({method: 'GET', path: each ?? 'none', ...given, signal});
      }),
    );

    const sent = server.asked.map(({url, headers}) => [url, headers['x-vault-token'] ?? 'none']);
    expect(sent.toSorted()).toEqual(tokens.map((each) => [`/v1/${each ?? 'none'}`, each ?? 'none']).toSorted());
  });

  it.each([
    "a=b'c d",
    'a&b',
    'a"b',
    'a`b',
    'a<b>',
    'a#b',
    'a?b',
    'a%2fb',
    'a%b',
    'a&#x2F;b',
    'a\\b',
    'a{{b}}',
    'a\r\nb',
    'ä',
    '...',
  ])('escapes the segment %j as one, whole', async (segment) => {
    const server = await standIn();
    const client = await clientOf(server);

    await client.call({method: 'GET', path: pathOf('auth/approle/role', segment, 'x'), token, signal});

    const parts = (server.asked[0]?.url ?? '').split('/').map(decodeURIComponent);
    expect(parts).toEqual(['', 'v1', 'auth', 'approle', 'role', segment, 'x']);
  });

  it('escapes a segment with = & \' " ` # ? % / and spaces as one path', async () => {
    const server = await standIn();
    const client = await clientOf(server);

    await client.call({method: 'GET', path: pathOf('role', 'a=& \'"`#?%/b', 'x'), token, signal});

    expect(server.asked.map(({url}) => url)).toEqual(["/v1/role/a%3D%26%20'%22%60%23%3F%25/b/x"]);
  });

  it.each([
    pathOf('auth', 'approle', 'role', '..', 'x'),
    pathOf('database/creds/../config'),
    pathOf('auth', '.', 'x'),
    'auth/%2e%2e/x',
    'x?list=true',
    'x#y',
    'a b',
    'a\\b',
  ])('asks nothing for %s, which would arrive as another path', async (path) => {
    const server = await standIn();
    const client = await clientOf(server);

    await expect(client.call({method: 'DELETE', path, token, signal})).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining(`got \`${path}\``),
    });
    expect(server.asked).toEqual([]);
  });

  it('reads a LIST through GET ?list=true', async () => {
    const server = await answering(200, {data: {keys: ['a']}});
    const client = await clientOf(server);

    const answer = await client.call({method: 'LIST', path: 'sys/leases/lookup/database/', token, signal});

    expect(server.asked).toMatchObject([{method: 'GET', url: '/v1/sys/leases/lookup/database/?list=true'}]);
    expect(answer.body).toEqual({data: {keys: ['a']}});
  });

  it('does not follow a 307, and gives the token to nobody', async () => {
    const other = await standIn();
    const server = await answering(307, undefined, {location: `${other.address}/v1/x`});
    const client = await clientOf(server);

    const asking = client.ask({method: 'POST', path: 'x', token, body: {}, signal});

    await expect(asking).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining(`points to ${other.address}. No redirect is followed`),
    });
    expect(server.asked).toHaveLength(1);
    expect(other.asked).toEqual([]);
  });

  it.each([{location: 'http://['}, {}])('refuses a redirect to nowhere (%j)', async (headers) => {
    const client = await clientOf(await answering(301, undefined, headers));

    await expect(client.ask({method: 'GET', path: 'x', token, signal})).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('points to somewhere else'),
    });
  });

  it('opens a connection of its own for each request', async () => {
    const server = await standIn();
    const client = await clientOf(server);

    for (let number = 1; number <= 3; number++) await client.call({method: 'GET', path: 'x', token, signal});

    expect(server.asked.map(({connection}) => connection)).toEqual([1, 2, 3]);
  });
});
