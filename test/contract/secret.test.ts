import {describe, expect, it} from 'vitest';
import * as z from 'zod';
import {
  holdsSecret,
  schemaAt,
  secretPaths,
  secretString,
  visitSecrets,
  withoutSecrets,
} from '../../src/contract/secret.ts';

const credential = z.object({username: z.string(), password: secretString('password').optional()});
const schema = z.strictObject({
  token: secretString('token'),
  user: credential,
  more: z.array(credential).default([]),
  lease: z.string(),
});
const value = {
  token: 't-1',
  user: {username: 'ann', password: 'p-1'},
  more: [{username: 'bob', password: 'p-2'}, {username: 'eve'}],
  lease: 'l-1',
};

describe('contract/secret', () => {
  it('visits each secret with its label', () => {
    const seen: string[][] = [];

    visitSecrets(schema, value, (secret, label) => seen.push([label, secret]));

    expect(seen).toEqual([
      ['token', 't-1'],
      ['password', 'p-1'],
      ['password', 'p-2'],
    ]);
  });

  it('keeps everything but the secrets', () => {
    expect(withoutSecrets(schema, value)).toEqual({
      user: {username: 'ann'},
      more: [{username: 'bob'}, {username: 'eve'}],
      lease: 'l-1',
    });
  });

  it('finds the schema at a path through optionals', () => {
    expect(schemaAt(schema, ['user', 'username'])).toBeInstanceOf(z.ZodString);
    expect(schemaAt(schema, ['user', 'pasword'])).toBeUndefined();
    expect(schemaAt(schema, ['lease', 'id'])).toBeUndefined();
  });

  it('tells where the secrets stand, a list as one place', () => {
    expect(secretPaths(schema)).toEqual([['token'], ['user', 'password'], ['more']]);
    expect(secretPaths(secretString('all of it').optional())).toEqual([[]]);
    expect(secretPaths(z.object({lease: z.string()}))).toEqual([]);
  });

  it('tells whether a part holds a secret', () => {
    const holds = (...path: string[]): boolean => holdsSecret(schemaAt(schema, path) ?? z.never());

    expect(holds('token')).toBe(true);
    expect(holds('user')).toBe(true);
    expect(holds('user', 'password')).toBe(true);
    expect(holds('more')).toBe(true);
    expect(holds('lease')).toBe(false);
  });
});
