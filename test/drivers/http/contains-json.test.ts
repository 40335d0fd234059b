import {describe, expect, it} from 'vitest';
import {containsJson} from '../../../src/drivers/http/contains-json.ts';

describe('drivers/http/contains-json', () => {
  it.each([
    ['{"a":1,"b":2}', '{"a":1}'],
    ['{"a":{"b":[1,{"c":2,"d":3}]}}', '{"a":{"b":[1,{"c":2}]}}'],
    ['[1,2,3]', '[1,2]'],
    ['{"a":null}', '{"a":null}'],
    ['"a"', '"a"'],
  ])('finds in %s all of %s', (found, expected) => {
    expect(containsJson(JSON.parse(found), JSON.parse(expected))).toBe(true);
  });

  it.each([
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":1}', '{"b":null}'],
    ['{"a":0}', '{"a":false}'],
    ['[1,2]', '[2]'],
    ['[1]', '[1,null]'],
    ['[1]', '{"0":1}'],
    ['{"0":1}', '[1]'],
    ['null', '{}'],
    ['"text"', '{}'],
    ['{}', '{"__proto__":{}}'],
    ['[]', '{"length":0}'],
  ])('finds in %s not all of %s', (found, expected) => {
    expect(containsJson(JSON.parse(found), JSON.parse(expected))).toBe(false);
  });
});
