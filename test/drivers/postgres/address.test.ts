import {describe, expect, it} from 'vitest';
import {databaseAddressField, serverAddressField} from '../../../src/drivers/postgres/address.ts';
import {connection} from '../../../src/drivers/postgres/connection.ts';
import {postgres} from '../../../src/drivers/postgres/index.ts';
import {isLoopback} from '../../../src/util/is-loopback.ts';

describe('drivers/postgres/address', () => {
  it.each([
    ['DB.Example.com:5432', {host: 'db.example.com', port: 5432}],
    ['[::1]:5433', {host: '::1', port: 5433}],
  ])('reads the address %s', (text, expected) => {
    expect(serverAddressField.parse(text)).toEqual(expected);
  });

  it.each(['db.example.com', 'db:0', 'db:70000', '[nonsense]:5432', 'postgres://db:5432', 'a b:5432', '/tmp:5432'])(
    'refuses the address %s',
    (text) => {
      expect(serverAddressField.safeParse(text).success).toBe(false);
    },
  );

  it('is refused by itself, before what depends on it is asked about', () => {
    const given = {address: 'vault', database: 'shop', user: 'offdrill', password: 'x', ca: 'ca.pem'};

    const {error} = connection.input.safeParse(given);

    expect(error?.issues.map(({path}) => path)).toEqual([['address']]);
  });

  it('writes guard entries and targets alike', () => {
    const input = connection.input.parse({
      address: 'DB.example.com:5432',
      database: 'shop',
      user: 'offdrill',
      password: 'x',
    });
    const [target] = connection.targets(input);

    expect(target).toEqual({kind: 'postgres', address: databaseAddressField.parse('db.EXAMPLE.com:5432/shop')});
  });

  it.each([
    ['db:5432/shop', true],
    ['db:5432/shop2', false],
    ['db:5433/shop', false],
    ['other:5432/shop', false],
  ])('covers by equality alone: %s', (address, expected) => {
    const covered = postgres.guard.covers({kind: 'postgres', address}, {kind: 'postgres', address: 'db:5432/shop'});

    expect(covered).toBe(expected);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.0.1', true],
    ['localhost', true],
    ['::1', true],
    ['127.example.com', false],
    ['10.0.0.1', false],
  ])('knows loopback addresses: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});
