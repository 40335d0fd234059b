import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {beginsPhase, change, entriesOf, insertAfter, without} from './journals.ts';

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
    expect(baseline(other).reasons).toEqual(['Connection `shop` did not say who it is.']);
  });

  it('takes any of the names that are allowed', () => {
    const named = (expected: string) =>
      baseline(
        change(
          pass,
          'guard.identified',
          ({connection}) => connection === 'vault',
          (data) => ({...data, expected}),
        ),
      ).state;

    expect(named('another or offdrill-lab')).toBe('met');
    expect(named('another offdrill-lab')).toBe('unproven');
  });

  it('does not call empty what was minted', () => {
    const minted = change(
      pass,
      'capture.taken',
      ({capture, generation}) => capture === 'token' && generation === 1,
      (data) => ({...data, count: 0}),
    );

    expect(baseline(minted).state).toBe('met');
  });

  it('takes what generation 2 holds for nothing of before', () => {
    expect(
      baseline(without(pass, 'capture.taken', ({capture, generation}) => capture === 'backends' && generation === 1))
        .reasons,
    ).toEqual(['Capture `backends` was not taken before shutdown.']);
  });

  it('says what failed before, and nothing more', () => {
    const failed = insertAfter(without(pass, 'baseline.held'), 'phase.started', beginsPhase('baseline'), {
      type: 'phase.failed',
      data: {phase: 'baseline', refused: false, problems: [{code: 'baseline', message: 'Expected it, got none.'}]},
    });

    expect(baseline(failed).reasons).toEqual(['baseline: Expected it, got none.']);
  });

  it('says that the counts died with a process that was cut off', () => {
    const resumed = {type: 'run.resumed', data: {tool: '0', node: 'v24', at: 0}} as const;
    const cut = insertAfter(pass, 'phase.started', beginsPhase('settle'), resumed);
    const uncounted = without(cut, 'probe.summary', ({probe}) => probe === 'token');

    expect(baseline(cut)).toEqual({state: 'met', reasons: []});
    expect(baseline(uncounted).reasons).toEqual([
      'How often each probe was asked before shutdown died with the process.',
    ]);
    expect(baseline(without(pass, 'probe.summary', ({probe}) => probe === 'token')).reasons).toEqual([
      '`token` was allowed only 0 times before shutdown, expected 3.',
    ]);
  });

  it('counts what was asked while captures were taken', () => {
    const early = change(
      pass,
      'probe.summary',
      ({probe, generation}) => probe === 'token' && generation === 1,
      (data) => ({...data, phases: {...data.phases, capture: {...zero, allowed: 1}, baseline: {...zero, allowed: 2}}}),
    );

    expect(baseline(early).state).toBe('met');
  });
});

const zero = {due: 0, skipped: 0, allowed: 0, denied: 0, unreachable: 0, indeterminate: 0, longestGapMs: 0};
