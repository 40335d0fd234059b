import {describe, expect, it} from 'vitest';
import {isDead} from '../../src/contract/is-dead.ts';

describe('contract/is-dead', () => {
  it.each([
    ['denied', ['denied'], true, true],
    ['denied', ['denied', 'unreachable'], false, true],
    ['unreachable', ['denied', 'unreachable'], false, true],
    ['unreachable', ['denied', 'unreachable'], true, false],
    ['unreachable', ['denied'], false, false],
    ['indeterminate', ['indeterminate', 'denied'], false, false],
    ['allowed', ['allowed'], false, false],
  ] as const)('%s, expecting %j, with a credential %s: %s', (state, expect_, carriesCredential, dead) => {
    expect(isDead({expect: expect_, carriesCredential}, state)).toBe(dead);
  });
});
