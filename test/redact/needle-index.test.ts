import {describe, expect, it} from 'vitest';
import {NeedleIndex} from '../../src/redact/needle-index.ts';

describe('redact/needle-index', () => {
  it('refuses what is too short to be looked up by its beginning', () => {
    expect(() => new NeedleIndex().add('short', 'pin')).toThrow('A needle of `pin` has fewer than 6 characters');
  });

  it('keeps the first label of a needle', () => {
    const index = new NeedleIndex();
    index.add('needle', 'first');
    index.add('needle', 'second');

    expect([...index.matches('a needle')]).toEqual([{start: 2, end: 8, label: 'first'}]);
  });

  it('finds each of thousands, of which some share a place in the filter', () => {
    const index = new NeedleIndex();
    const needles = Array.from({length: 5000}, (_each, n) => (n * 7919).toString(36).padStart(6, '0'));
    for (const needle of needles) index.add(needle, needle);

    const missed = needles.filter((needle) => [...index.matches(needle)][0]?.label !== needle);

    expect(missed).toEqual([]);
  });

  it('takes no longer needle at the end of a text than there is text', () => {
    const index = new NeedleIndex();
    index.add('needle-and-thread', 'long');
    index.add('needle', 'short');

    expect([...index.matches('a needle')]).toEqual([{start: 2, end: 8, label: 'short'}]);
  });
});
