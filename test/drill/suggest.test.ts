import {describe, expect, it} from 'vitest';
import {suggest} from '../../src/drill/suggest.ts';

describe('drill/suggest', () => {
  it.each([
    ['titel', ['title', 'name'], 'title'],
    ['tsl', ['tls', 'url'], 'tls'],
    ['Vault', ['vault'], 'vault'],
    ['deliver', ['deliver-to', 'role'], 'deliver-to'],
    ['revok-leases', ['revoke-tokens', 'revoke-leases'], 'revoke-leases'],
  ])('takes %s for the nearest', (word, candidates, expected) => {
    expect(suggest(word, candidates)).toBe(expected);
  });

  it.each([
    ['banana', ['title', 'name']],
    ['x', ['on', 'id']],
    ['revoke', ['revoke-tokens', 'revoke-leases']],
    ['title', ['title']],
    ['x'.repeat(1 << 20), ['title']],
  ])('has no idea for %.20s', (word, candidates) => {
    expect(suggest(word, candidates)).toBeUndefined();
  });
});
