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

  it('takes no longer needle at the end of a text than there is text', () => {
    const index = new NeedleIndex();
    index.add('needle-and-thread', 'long');
    index.add('needle', 'short');

    expect([...index.matches('a needle')]).toEqual([{start: 2, end: 8, label: 'short'}]);
  });
});
