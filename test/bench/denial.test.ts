import {describe, expect, it} from 'vitest';
import {farthest, readDenial} from '../../bench/rows/denial.ts';
import type {Entry} from '../../src/journal/entries.ts';

const denied: Entry = {
  v: 1,
  seq: 0,
  time: '2026-11-23T00:00:00.000Z',
  prev: '',
  type: 'probe.changed',
  data: {
    probe: 'token',
    role: 'access',
    generation: 1,
    phase: 'shutdown',
    from: 'allowed',
    to: 'denied',
    code: '403',
    lastAllowedSentAt: 1000,
    sentAt: 1050,
    receivedAt: 1054,
  },
};

describe('bench/rows/denial', () => {
  it('measures to the farther side of the interval', () => {
    const reading = readDenial([denied], {access: 'token', deniedSince: 1010, everyMs: 50});

    expect(reading).toEqual({value: 44, floor: 55});
  });

  it.each([990, 1060])('refuses an interval without the server’s own time of %i', (deniedSince) => {
    expect(() => readDenial([denied], {access: 'token', deniedSince, everyMs: 50})).toThrow('to hold');
  });

  it('refuses a probe that was never denied', () => {
    expect(() => readDenial([denied], {access: 'other', deniedSince: 1010, everyMs: 50})).toThrow('was not');
  });

  it('takes the one nearest to its limit', () => {
    const worst = {value: 9, floor: 10};

    expect(farthest([{value: 50, floor: 100}, worst, {value: 1, floor: 2}])).toBe(worst);
  });
});
