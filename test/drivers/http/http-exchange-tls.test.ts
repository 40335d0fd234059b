import https from 'node:https';
import {describe, expect, it} from 'vitest';
import {exchange} from '../../../src/drivers/http-exchange.ts';
import type {TlsTexts} from '../../../src/drivers/read-tls.ts';
import {type Certificate, makeCertificate} from './certificate.ts';
import {listen} from './serve.ts';
import {serveTls} from './tls-server.ts';

describe('drivers/http-exchange with a client certificate', () => {
  it('shows the certificate that it is given', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveMutual(server, client);

    const answer = await ask(url, {ca: server.cert, cert: client.cert, key: client.key});

    expect(answer.body.toString()).toBe('known');
  });

  it('gets no answer without one', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveMutual(server, client);

    await expect(ask(url, {ca: server.cert})).rejects.toMatchObject({
      code: expect.stringMatching(/^(TLS|ECONNRESET)$/),
    });
  });

  it('trusts nobody else once it is given an authority', async () => {
    const [server, other] = [await makeCertificate(), await makeCertificate()];
    const url = await serveMutual(server, other);

    const asked = ask(url, {ca: other.cert, cert: other.cert, key: other.key});

    await expect(asked).rejects.toMatchObject({code: 'TLS', refusal: undefined});
  });

  it('tells what the other side objects to in its certificate', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveTls(server, server.file);

    const asked = ask(url, {ca: server.cert, cert: client.cert, key: client.key});

    await expect(asked).rejects.toMatchObject({
      code: 'TLS',
      refusal: expect.stringMatching(/^(unknown-ca|bad-certificate)$/),
    });
  });

  it('tells that the other side asks for a certificate', async () => {
    const server = await makeCertificate();
    const url = await serveTls(server, server.file);

    await expect(ask(url, {ca: server.cert})).rejects.toMatchObject({code: 'TLS', refusal: 'certificate-required'});
  });

  it.each([
    ['is none', async (client: Certificate) => ({...client, key: 'no key'})],
    ['is of another certificate', async (client: Certificate) => ({...client, key: (await makeCertificate()).key})],
  ])('calls a key that %s a TLS error', async (_title, spoil) => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveMutual(server, client);
    const {cert, key} = await spoil(client);

    const asked = ask(url, {ca: server.cert, cert, key});

    await expect(asked).rejects.toMatchObject({code: 'TLS', message: expect.not.stringContaining('key')});
  });

  it('tells where the time went', async () => {
    const [server, client] = [await makeCertificate(), await makeCertificate()];
    const url = await serveMutual(server, client);

    const {latency} = await ask(url, {ca: server.cert, cert: client.cert, key: client.key});

    const {totalMs, ...parts} = latency;
    expect(Object.keys(parts)).toEqual(['dnsMs', 'connectMs', 'tlsMs', 'firstByteMs']);
    expect(Object.values(parts).reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(totalMs + 0.5);
    for (const ms of Object.values(latency)) expect(ms).toBe(Math.round(ms * 10) / 10);
  });
});

/** A server that answers only who shows the certificate of `client`. */
async function serveMutual(own: Certificate, client: Certificate): Promise<URL> {
  const options = {cert: own.cert, key: own.key, ca: client.cert, requestCert: true, rejectUnauthorized: true};
  const {port} = await listen(https.createServer(options, (_request, response) => response.end('known')));
  return new URL(`https://localhost:${port}/`);
}

function ask(url: URL, tls: TlsTexts) {
  return exchange({
    url,
    method: 'GET',
    timeoutMs: 5000,
    maxBodyBytes: 10_000,
    signal: new AbortController().signal,
    tls,
  });
}
