import {once} from 'node:events';
import {createServer, type Socket} from 'node:net';
import {TLSSocket} from 'node:tls';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import * as z from 'zod';
import {connection} from '../../../src/drivers/postgres/connection.ts';
import {query} from '../../../src/drivers/postgres/query.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {contextOf} from '../../helpers/context.ts';
import {type SecuredShop, startSecuredShop} from './secured-shop.ts';
import {openConnection} from './shop.ts';

const {signal} = new AbortController();
let shop: SecuredShop;
let session: PostgresSession | undefined;

beforeAll(async () => {
  shop = await startSecuredShop();
});
afterAll(() => shop.stop());
afterEach(async () => {
  await session?.close();
  session = undefined;
});

type Given = {readonly host: string; readonly tls?: string; readonly ca?: string};

async function open({host, ...given}: Given): Promise<PostgresSession> {
  session = await openConnection({host, port: shop.server.port}, given);
  return session;
}

async function isEncrypted(given: Given): Promise<boolean | undefined> {
  const opened = await open(given);
  const text = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
  const [row] = await opened.ask(z.object({ssl: z.boolean()}), text, [], signal);
  return row?.ssl;
}

describe('drivers/postgres/connection over TLS', () => {
  it('takes a server of a trusted CA by its name (verify-full)', async () => {
    expect(await isEncrypted({host: 'localhost', tls: 'verify-full', ca: shop.ca})).toBe(true);
  });

  it('takes whoever answers, encrypted (require)', async () => {
    expect(await isEncrypted({host: '127.0.0.1', tls: 'require'})).toBe(true);
  });

  it('encrypts nothing where that is said (disable), nor to a loopback address', async () => {
    expect(await isEncrypted({host: 'localhost', tls: 'disable'})).toBe(false);
    await session?.close();
    expect(await isEncrypted({host: '127.0.0.1'})).toBe(false);
  });

  it('checks who answers by itself where the address is elsewhere', async () => {
    const host = '[::ffff:127.0.0.1]';

    expect(await isEncrypted({host, tls: 'require'})).toBe(true);
    await session?.close();

    await expect(isEncrypted({host})).rejects.toMatchObject({code: 'unreachable', detail: 'TLS'});
  });

  it.each([
    ['that nobody trusts', () => ({host: 'localhost'})],
    ['of another CA', () => ({host: 'localhost', ca: shop.otherCa})],
    ['with another name', () => ({host: '127.0.0.1', ca: shop.ca})],
  ])('refuses a server %s', async (_title, given) => {
    const opened = await open({tls: 'verify-full', ...given()});

    await expect(opened.identify(signal)).rejects.toMatchObject({
      code: 'unreachable',
      detail: 'TLS',
      retryable: false,
      message: expect.stringContaining('`ca`'),
    });
    expect(await opened.control(signal)).toBe(false);
  });

  it('never takes a refused certificate for a denial', async () => {
    const opened = await open({host: 'localhost', tls: 'verify-full', ca: shop.otherCa});

    expect(await query.observe({sql: 'select 1'}, contextOf(opened))).toEqual({state: 'unreachable', code: 'TLS'});
  });

  it('refuses a wrong password over TLS as ever (28P01)', async () => {
    const opened = await open({host: 'localhost', tls: 'verify-full', ca: shop.ca});
    const as = {username: 'vault', password: 'wrong'};

    expect(await query.observe({as, sql: 'select 1'}, contextOf(opened))).toEqual({state: 'denied', code: '28P01'});
  });

  it('survives a server that asks for Kerberos', async () => {
    const fake = await startTlsServer(shop.certificate, Buffer.from('R\0\0\0\x08\0\0\0\x07'));
    session = await openConnection({host: '127.0.0.1', port: fake.port}, {tls: 'require'});

    await expect(session.identify(signal)).rejects.toMatchObject({code: 'protocol'});

    fake.close();
  });

  it('names the CA file that can not be read', async () => {
    const opening = open({host: 'localhost', tls: 'verify-full', ca: '/no/such/ca.pem'});

    await expect(opening).rejects.toMatchObject({
      detail: 'tls-file',
      message: expect.stringContaining('/no/such/ca.pem'),
    });
  });

  it('takes a CA only where it is looked at', () => {
    const given = {address: 'localhost:5432', database: 'shop', user: 'u', password: 'p', ca: 'ca.pem'};
    const isTaken = (more: object) => connection.input.safeParse({...given, ...more}).success;

    expect(isTaken({})).toBe(false);
    expect(isTaken({tls: 'require'})).toBe(false);
    expect(isTaken({tls: 'verify-full'})).toBe(true);
    expect(isTaken({address: 'db.example.com:5432'})).toBe(true);
    expect(isTaken({tls: 'prefer', ca: undefined})).toBe(false);
  });
});

/** Offers TLS as PostgreSQL does, then answers the first message with these bytes. */
async function startTlsServer(
  {cert, key}: SecuredShop['certificate'],
  answer: Buffer,
): Promise<{port: number; close(): void}> {
  const listener = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, {isServer: true, cert, key});
      secure.on('error', () => undefined).once('data', () => secure.write(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {port: address.port, close: () => void listener.close()};
}
