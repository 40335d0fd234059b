import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import * as z from 'zod';
import {loadSecrets, Values} from '../../src/run/values.ts';
import {reference} from './fake-drill.ts';

const call = (template: Readonly<Record<string, unknown>>) => ({
  uses: 'fake/login',
  driver: 'fake',
  operation: {input: z.strictObject({secret: z.string(), port: z.number().default(1)})},
  on: undefined,
  template,
  targets: [],
});

describe('run/values', () => {
  it('gives each generation its own values', () => {
    const values = new Values();
    values.setCapture(1, 'token', {token: 'old'});
    values.setCapture(2, 'token', {token: 'new'});
    const login = call({secret: reference('capture.token.token')});

    expect([values.input(login, 1), values.input(login, 2)]).toEqual([
      {secret: 'old', port: 1},
      {secret: 'new', port: 1},
    ]);
  });

  it('throws for what was not captured', () => {
    const login = call({secret: reference('capture.token.token')});

    expect(() => new Values().input(login, 2)).toThrow('of generation 2 is not known');
  });

  it.each(['capture.constructor.name', 'secrets.__proto__', 'secrets.toString'])('knows no inherited %s', (name) => {
    const values = new Values();
    values.setSecrets(1, new Map([['token', 'a-secret']]));

    expect(() => values.input(call({secret: reference(name)}), 1)).toThrow('is not known');
  });

  it('says where an input does not fit, and not what it is', () => {
    const values = new Values();
    values.setSecrets(1, new Map([['token', 'a-secret']]));
    const wrong = call({secret: 'x', port: reference('secrets.token')});

    expect(() => values.input(wrong, 1)).toThrow(/^The resolved input of `fake\/login` does not fit at `port`$/);
  });

  it('looks nothing up in a value that is whole', () => {
    const values = new Values();
    values.setSecrets(1, new Map([['token', 'a-secret']]));

    expect(values.fit(call({}), {secret: reference('secrets.token')})).toEqual({
      secret: reference('secrets.token'),
      port: 1,
    });
  });
});

describe('run/values: secrets', () => {
  let base: string;
  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'offdrill-values-'));
  });
  afterEach(() => rm(base, {recursive: true}));

  it('makes each secret known before it is given out', async () => {
    await writeFile(path.join(base, 'secret-id'), 'from-a-file\n');
    const known: string[] = [];

    const loaded = await loadSecrets(
      {token: {env: 'TOKEN'}, id: {file: 'secret-id'}},
      {
        env: {TOKEN: 'from-the-environment'},
        base,
        redactor: {add: (secret, label) => known.push(`${label} ${secret}`)},
      },
    );

    expect(known).toEqual(['token from-the-environment', 'id from-a-file']);
    expect(loaded).toEqual({
      ok: true,
      value: new Map([
        ['token', 'from-the-environment'],
        ['id', 'from-a-file'],
      ]),
    });
  });

  it('names everything that is missing or too short', async () => {
    await writeFile(path.join(base, 'short'), 'abc');

    const loaded = await loadSecrets(
      {token: {env: 'TOKEN'}, id: {file: 'secret-id'}, short: {file: 'short'}},
      {env: {}, base, redactor: {add: () => undefined}},
    );

    expect(loaded.ok).toBe(false);
    const messages = loaded.ok ? [] : loaded.error.map(({message}) => message);
    expect(messages).toHaveLength(3);
    expect(messages[0]).toContain('the environment variable TOKEN');
    expect(messages[1]).toContain('the file `secret-id`');
    expect(messages[2]).toContain('expected at least 6 characters');
    expect(messages.join()).not.toContain('abc');
  });
});
