import {writeFile} from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {holdsSecret} from '../../../src/contract/secret.ts';
import {requestProbe} from '../../../src/drivers/http/request-probe.ts';
import {contextOf} from '../../helpers/context.ts';
import {makeCertificate} from './certificate.ts';
import {listen, serve} from './serve.ts';
import {serveTls} from './tls-server.ts';

describe('drivers/http/request (probe)', () => {
  it.each(['GET', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'])('asks with %s', async (method) => {
    const url = await serve((request, response) => response.end(JSON.stringify({asked: request.method})));

    expect(await observe({url: url.href, method, json: {asked: method}})).toMatchObject({state: 'allowed'});
  });

  it('asks with HEAD, which has no body', async () => {
    const url = await serve((request, response) => response.writeHead(request.method === 'HEAD' ? 204 : 500).end());

    expect(await observe({url: url.href, method: 'HEAD', status: [204]})).toMatchObject({state: 'allowed'});
  });

  it('sends its body as JSON', async () => {
    const url = await serve(async (request, response) => {
      const sent: unknown = JSON.parse(Buffer.concat(await request.toArray()).toString());
      response.end(JSON.stringify({sent, type: request.headers['content-type']}));
    });
    const body = {query: '{ me { id } }', variables: [1, {a: null}]};

    const given = {url: url.href, method: 'POST', body, json: {sent: body, type: 'application/json'}};

    expect(await observe(given)).toMatchObject({state: 'allowed'});
  });

  it('says another type of its body where the headers do', async () => {
    const url = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const json = {'content-type': 'application/scim+json'};

    const headers = {'Content-Type': 'application/scim+json'};

    expect(await observe({url: url.href, method: 'POST', body: {}, headers, json})).toMatchObject({state: 'allowed'});
  });

  it('is denied what the drill calls a denial', async () => {
    const url = await serve((_request, response) => response.writeHead(410).end());

    const observed = await observe({url: url.href, method: 'POST', 'denied-status': [404, 410]});

    expect(observed).toMatchObject({state: 'denied', code: '410', ownControl: true});
  });

  it('shows its client certificate', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const options = {cert: server.cert, key: server.key, ca: client.cert, requestCert: true, rejectUnauthorized: true};
    const {port} = await listen(https.createServer(options, (_request, response) => response.end()));
    const base = path.dirname(client.file);
    await writeFile(path.join(base, 'ca.pem'), server.cert);

    const tls = {ca: 'ca.pem', certificate: 'cert.pem', key: client.key};
    const observed = await observe({url: `https://localhost:${port}/`, method: 'GET', tls}, base);

    expect(observed).toMatchObject({state: 'allowed', code: '200', facts: {tlsMs: expect.any(Number)}});
  });

  it('is denied where its client certificate is refused, which is its own control', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveTls(server, server.file);

    const tls = {ca: server.file, certificate: client.file, key: client.key};
    const observed = await observe({url: url.href, method: 'GET', tls});

    expect(observed).toMatchObject({state: 'denied', code: expect.stringMatching(/^tls:/), ownControl: true});
  });

  it('is unreachable where it has no certificate to be refused', async () => {
    const server = await makeCertificate();
    const url = await serveTls(server, server.file);

    const observed = await observe({url: url.href, method: 'GET', tls: {ca: server.file}});

    expect(observed).toEqual({state: 'unreachable', code: 'TLS'});
  });

  it('throws where its own certificate can’t be read', async () => {
    const tls = {certificate: 'none.pem', key: 'k'};

    await expect(observe({url: 'https://localhost:1/', method: 'GET', tls})).rejects.toMatchObject({
      detail: 'tls-file',
    });
  });

  it.each([
    [{body: {user: 'x', password: 'y'}}, true],
    [{body: [{nested: {'api-key': 'y'}}]}, true],
    [{body: {id: '\x24{{ capture.token.token }}'}}, true],
    [{body: {id: 7}}, false],
    [{tls: {certificate: 'a.pem', key: 'k'}}, true],
  ])('tells whether %j carries a credential', (more, carries) => {
    const input = requestProbe.input.parse({url: 'https://a.example.com/', method: 'POST', ...more});

    expect(requestProbe.carriesCredential(input)).toBe(carries);
  });

  it.each([
    {},
    {method: 'TRACE'},
    {method: 'GET', body: {}},
    {method: 'HEAD', body: {}},
    {method: 'POST', follow: true},
    {method: 'POST', body: 'text'},
    {method: 'POST', idempotent: true},
  ])('refuses %j', (more) => {
    expect(requestProbe.input.safeParse({url: 'https://a.example.com/', ...more}).success).toBe(false);
  });

  it('knows the key of its certificate for a secret', () => {
    expect(holdsSecret(requestProbe.input)).toBe(true);
  });
});

function observe(input: Readonly<Record<string, unknown>>, base = '/') {
  return requestProbe.observe(requestProbe.input.parse(input), contextOf(undefined, {base}));
}
