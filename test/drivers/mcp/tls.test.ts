import {once} from 'node:events';
import https from 'node:https';
import path from 'node:path';
import {describe, expect, it, onTestFinished} from 'vitest';
import {callTool} from '../../../src/drivers/mcp/call-tool.ts';
import {connection} from '../../../src/drivers/mcp/connection.ts';
import {contextOf} from '../../helpers/context.ts';
import {type Certificate, makeCertificate} from '../http/certificate.ts';
import {serveTls} from '../http/tls-server.ts';

describe('drivers/mcp over TLS', () => {
  it('trusts the CA of the connection, and shows its certificate', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveTool(server, client);

    expect(await call(url, {ca: server.file, certificate: 'cert.pem', key: client.key}, client)).toMatchObject({
      state: 'allowed',
      code: '200',
    });
  });

  it('trusts no server that its CA did not sign', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveTool(server, client);

    expect(await call(url, {ca: 'cert.pem', certificate: 'cert.pem', key: client.key}, client)).toMatchObject({
      state: 'unreachable',
      code: 'TLS',
    });
  });

  it('is denied where its certificate is refused, which is its own control', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveTls(server, server.file);

    const observed = await call(url.href, {ca: server.file, certificate: 'cert.pem', key: client.key}, client);

    expect(observed).toMatchObject({state: 'denied', code: expect.stringMatching(/^tls:/), ownControl: true});
  });

  it('is unreachable where it has no certificate to be refused', async () => {
    const server = await makeCertificate();
    const url = await serveTls(server, server.file);

    expect(await call(url.href, {ca: server.file}, server)).toMatchObject({state: 'unreachable', code: 'TLS'});
  });

  it('opens with no certificate that can’t be read', async () => {
    const opening = open('https://localhost:1/', {ca: 'none.pem'}, '/no/such/folder');

    await expect(opening).rejects.toMatchObject({code: 'failed', detail: 'tls-file'});
  });

  it('refuses certificates where nothing is encrypted', () => {
    expect(connection.input.safeParse({url: 'http://orders/mcp', tls: {ca: 'ca.pem'}}).success).toBe(false);
  });
});

async function call(url: string, tls: object, {file}: Certificate) {
  const session = await open(url, tls, path.dirname(file));
  return callTool.observe(callTool.input.parse({tool: 'query_orders', era: '2026-07-28'}), contextOf(session));
}

function open(url: string, tls: object, base: string) {
  return connection.open(connection.input.parse({url, tls}), {
    ...contextOf(undefined, {base}),
    owned: () => [],
    ownedEarlier: () => [],
  });
}

/** One tool, for who shows the certificate of `client` alone. */
async function serveTool(own: Certificate, client: Certificate): Promise<string> {
  const options = {cert: own.cert, key: own.key, ca: client.cert, requestCert: true, rejectUnauthorized: true};
  const server = https.createServer(options, (_request, response) => {
    response
      .writeHead(200, {'content-type': 'application/json'})
      .end('{"jsonrpc":"2.0","id":1,"result":{"content":[]}}');
  });
  await once(server.listen(0), 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return `https://localhost:${typeof address === 'object' ? address?.port : 0}/mcp`;
}
