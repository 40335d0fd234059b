import {describe, expect, it} from 'vitest';
import {isInScope} from '../../src/contract/in-scope.ts';

describe('contract/in-scope', () => {
  it.each([
    ['sys/policies/*', 'sys/policies/acl/a', true],
    ['sys/policies/*', 'sys/policies/', true],
    ['sys/policies/*', 'a/sys/policies/acl', false],
    ['auth/+/role/+', 'auth/approle/role/new', true],
    ['auth/+/role/+', 'auth/approle/role/new/secret-id', false],
    ['auth/+/role/+', 'auth/a/b/role/new', false],
    ['auth/+/role/+', 'auth//role/new', false],
    ['a.b', 'a.b', true],
    ['a.b', 'axb', false],
    ['a(b', 'a(b', true],
    ['', 'a', false],
  ])('takes %s for a pattern of %s: %s', (pattern, path, expected) => {
    expect(isInScope([pattern], path)).toBe(expected);
  });

  it('is what any pattern takes', () => {
    expect(isInScope(['b', 'a*'], 'ab')).toBe(true);
    expect(isInScope([], 'ab')).toBe(false);
  });
});
