import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, without} from './journals.ts';

const pass = entriesOf('pass');
const baseline = (entries: readonly Entry[]) => judge(entries).criteria.baseline;

describe('verdict/judge-baseline', () => {
  it('is unproven where the run did not say that it held', () => {
    expect(baseline(without(pass, 'baseline.held'))).toEqual({
      state: 'unproven',
      reasons: ['The run ended before the baseline held.'],
    });
  });

  it.each(['tool', 'token', 'checkout'])('is unproven where %s was allowed too seldom before', (name) => {
    const entries = change(
      pass,
      'probe.summary',
      ({probe, generation}) => probe === name && generation === 1,
      (data) => ({...data, phases: {...data.phases, baseline: {...zero, allowed: 2}}}),
    );

    expect(baseline(entries).reasons).toEqual([`\`${name}\` was allowed only 2 times before shutdown, expected 3.`]);
  });

  it('is unproven where the integration held nothing, or was not asked', () => {
    const empty = change(
      pass,
      'capture.taken',
      ({capture, generation}) => capture === 'holdings' && generation === 1,
      (data) => ({...data, count: 0}),
    );
    const missing = without(pass, 'capture.taken', ({capture, generation}) => capture === 'token' && generation === 1);

    expect(baseline(empty).reasons).toEqual(['Capture `holdings` was empty before shutdown.']);
    expect(baseline(missing).reasons).toEqual(['Capture `token` was not taken before shutdown.']);
  });

  it('is unproven where a server was not shown to be who it must be', () => {
    const other = change(
      pass,
      'guard.identified',
      ({connection}) => connection === 'shop',
      (data) => ({...data, found: 'production'}),
    );

    expect(baseline(without(pass, 'guard.identified', ({connection}) => connection === 'vault')).reasons).toEqual([
      'Connection `vault` did not say who it is.',
    ]);
    expect(baseline(other).state).toBe('unproven');
  });
});

const zero = {due: 0, skipped: 0, allowed: 0, denied: 0, unreachable: 0, indeterminate: 0, longestGapMs: 0};
