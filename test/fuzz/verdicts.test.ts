import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Entry, EventType, PhaseCounts} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, insertAfter} from '../verdict/journals.ts';
import {recordHeld, seed, tries} from './runs.ts';

const pass = entriesOf('pass');

/** What a run saw or read. Without it, less is known, and never more. */
const observations: readonly EventType[] = [
  'guard.identified',
  'preflight.checked',
  'connection.began',
  'connection.ended',
  'capture.taken',
  'probe.started',
  'probe.changed',
  'probe.summary',
  'control.changed',
  'baseline.held',
  'step.prepared',
  'step.inspected',
  'step.succeeded',
  'rollback.inspected',
  'rollback.succeeded',
  'rollback.not-needed',
  'audit.read',
  'samples.closed',
  'scan.finished',
  'owned',
  'call',
];

/** Runs that did not pass, for one thing that was seen each. */
const failed: readonly (readonly [string, readonly Entry[]])[] = [
  ['token-only', entriesOf('token-only')],
  ['interrupted', entriesOf('interrupted')],
  ['until-baseline', entriesOf('until-baseline')],
  ['a credential that came back to life', revived('token', 'settle')],
  ['an old credential that works after rollback', revived('token', 'restored')],
  ['a login that came back to life', revived('login-again', 'settle')],
  ['a dependent that was down', downOnce('checkout')],
  ['a step that was not there any more', inspected('not-applied')],
  ['a step that nobody could read back', inspected('unknown')],
  [
    'a capture of nothing',
    change(
      pass,
      'capture.taken',
      ({capture}) => capture === 'holdings',
      (data) => ({...data, count: 0}),
    ),
  ],
  [
    'an audit record that is not complete',
    change(
      pass,
      'audit.read',
      () => true,
      (data) => ({...data, gaps: ['a line could not be read']}),
    ),
  ],
  [
    'another server',
    change(
      pass,
      'guard.identified',
      ({connection}) => connection === 'vault',
      (data) => ({...data, found: 'production'}),
    ),
  ],
  [
    'a secret in a file',
    change(
      pass,
      'scan.finished',
      () => true,
      (data) => ({...data, hits: [{file: 'journal.ndjson', label: 'token'}]}),
    ),
  ],
];

describe(`verdicts on less than was seen (seed ${seed})`, {timeout: 14_400_000}, () => {
  it.each(failed)('never become a pass: %s', (name, entries) => {
    expect(judge(entries).verdict).not.toBe('pass');
    const removable = entries.flatMap(({type}, at) => (observations.includes(type) ? [at] : []));

    for (const at of removable) {
      expect({without: entries[at], verdict: judge(entries.toSpliced(at, 1)).verdict}).not.toMatchObject({
        verdict: 'pass',
      });
    }
    const settings = tries(150);
    fc.assert(
      fc.property(fc.subarray(removable, {minLength: 2}), (left) => {
        const gone = new Set(left);
        expect(judge(entries.filter((_entry, at) => !gone.has(at))).verdict).not.toBe('pass');
      }),
      settings,
    );
    recordHeld(`a verdict without some of what was seen: ${name}`, {numRuns: settings.numRuns + removable.length});
  });

  it('are given for any entries that follow a plan', () => {
    const settings = tries(400);

    fc.assert(
      fc.property(fc.array(fc.nat(pass.length - 1), {maxLength: 120}), (order) => {
        const some = order.flatMap((at) => pass[at] ?? []);
        const result = judge([...pass.slice(0, 2), ...some]);
        expect(['pass', 'fail', 'inconclusive']).toContain(result.verdict);
      }),
      settings,
    );
    recordHeld('a verdict on entries in any order', settings);
  });
});

function revived(probe: string, phase: 'settle' | 'restored'): readonly Entry[] {
  const dead = pass.findLast(
    (entry) => entry.type === 'probe.changed' && entry.data.probe === probe && entry.data.generation === 1,
  );
  const begun = pass.find((entry) => entry.type === 'phase.started' && entry.data.phase === phase);
  if (dead?.type !== 'probe.changed' || begun === undefined) throw new Error(`No ${probe} in ${phase}`);
  const at = Date.parse(begun.time) + 20;
  const alive = {
    ...dead.data,
    phase,
    from: dead.data.to,
    to: 'allowed' as const,
    code: '200',
    sentAt: at,
    receivedAt: at + 1,
  };
  const again = {...dead.data, phase, from: 'allowed' as const, sentAt: at + 10, receivedAt: at + 11};
  const isPhase = (data: {readonly phase: string}): boolean => data.phase === phase;
  const with2 = insertAfter(pass, 'phase.started', isPhase, {type: 'probe.changed', data: again});
  return counted(insertAfter(with2, 'phase.started', isPhase, {type: 'probe.changed', data: alive}), probe, phase, {
    allowed: 1,
  });
}

function downOnce(probe: string): readonly Entry[] {
  return counted(pass, probe, 'settle', {indeterminate: 1});
}

function counted(
  entries: readonly Entry[],
  probe: string,
  phase: 'settle' | 'restored',
  more: Partial<PhaseCounts>,
): readonly Entry[] {
  return change(
    entries,
    'probe.summary',
    (data) => data.probe === probe && data.generation === 1,
    (data) => {
      const counts = data.phases[phase];
      if (counts === undefined) throw new Error(`No counts of ${probe} in ${phase}`);
      const added = Object.fromEntries(
        Object.entries(more).map(([state, count]) => [state, counts[state as keyof PhaseCounts] + count]),
      );
      return {...data, phases: {...data.phases, [phase]: {...counts, ...added}}};
    },
  );
}

function inspected(found: 'not-applied' | 'unknown'): readonly Entry[] {
  return change(
    pass,
    'step.inspected',
    ({step, when}) => step === 'revoke-tokens' && when === 'after-settle',
    (data) => ({...data, found}),
  );
}
