import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createScramVerifier} from '../../../src/drivers/postgres/scram-verifier.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {openSession, startShop} from './shop.ts';

let server: PostgresServer;

beforeAll(async () => {
  server = await startShop();
});
afterAll(() => server.stop());

describe('drivers/postgres/scram-verifier', () => {
  it('makes what the server makes of the same password', async () => {
    await server.sql(`create role made_there login password 'one-password'`);
    const [row] = await server.sql(`select rolpassword from pg_authid where rolname = 'made_there'`);
    const there = String(row?.rolpassword);
    const salt = Buffer.from(/:([^$]+)\$/.exec(there)?.[1] ?? '', 'base64');

    expect(createScramVerifier('one-password', salt)).toBe(there);
  });

  it('lets in who knows the password, and nobody else', async () => {
    await server.sql(`create role made_here login password '${createScramVerifier('another-password')}'`);

    const {client} = await openSession(server, {username: 'made_here', password: 'another-password'});
    await client.end();

    const wrong = openSession(server, {username: 'made_here', password: 'one-password'});
    await expect(wrong).rejects.toMatchObject({code: '28P01'});
  });

  it('never makes the same twice', () => {
    expect(createScramVerifier('same')).not.toBe(createScramVerifier('same'));
  });
});
