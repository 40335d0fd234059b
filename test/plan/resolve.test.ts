import {describe, expect, it} from 'vitest';
import {lookupIn, resolveTemplate} from '../../src/plan/resolve.ts';
import {reference} from '../run/fake-drill.ts';

const vars = {port: 5432, on: true, none: null, empty: '', host: 'db', deep: {list: [1, 2], name: 'inner'}};
const resolve = (template: unknown): unknown => resolveTemplate(template, lookupIn({vars, env: {HOME: '/root'}}));

describe('plan/resolve', () => {
  it.each([
    ['a number', 'vars.port', 5432],
    ['a truth', 'vars.on', true],
    ['nothing', 'vars.none', null],
    ['an empty text', 'vars.empty', ''],
    ['a list', 'vars.deep.list', [1, 2]],
  ])('keeps %s that is a whole scalar', (_name, path, value) => {
    expect(resolve(reference(path))).toEqual(value);
  });

  it('puts values into text', () => {
    const template = `http://${reference('vars.host')}:${reference('vars.port')}/${reference('env.HOME')}`;

    expect(resolve(template)).toBe('http://db:5432//root');
  });

  it('resolves anywhere in lists and records', () => {
    const template = {argv: ['psql', reference('vars.host')], more: {port: reference('vars.port')}, count: 3, no: null};

    expect(resolve(template)).toEqual({argv: ['psql', 'db'], more: {port: 5432}, count: 3, no: null});
  });

  it('leaves the text of what is not known', () => {
    const alone = reference('secrets.token');
    const within = `Bearer ${reference('capture.token.token')} ${reference('vars.host')}`;

    expect(resolve(alone)).toBe(alone);
    expect(resolve(within)).toBe(`Bearer ${reference('capture.token.token')} db`);
  });

  it.each(['vars.constructor', 'vars.__proto__', 'vars.deep.toString', 'vars.host.length', 'env.valueOf.name'])(
    'knows own properties only: %s',
    (path) => {
      expect(resolve(reference(path))).toBe(reference(path));
    },
  );

  it('gives no record another prototype', () => {
    const template: unknown = JSON.parse('{"__proto__": {"polluted": true}, "kept": 1}');

    const resolved = resolve(template);

    expect(Object.getPrototypeOf(resolved)).toBe(Object.prototype);
    expect(Object.keys(Object(resolved))).toEqual(['__proto__', 'kept']);
    expect(Reflect.get(Object(resolved), 'polluted')).toBeUndefined();
  });

  it('looks nothing up in what was put in', () => {
    const lookup = lookupIn({vars: {sneaky: reference('vars.host'), host: 'db'}});

    expect(resolveTemplate(reference('vars.sneaky'), lookup)).toBe(reference('vars.host'));
  });
});
