import {describe, expect, it} from 'vitest';
import type {Entry, PhaseCounts, ProbeChange} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, find, insertAfter, without} from './journals.ts';

const pass = entriesOf('pass');
const unharmed = (entries: readonly Entry[]) => judge(entries).criteria['dependents-unharmed'];
const startedAt = find(pass, 'step.started', ({step}) => step === 'stop-server').at;

function withCounts(counts: Partial<PhaseCounts>, entries = pass): readonly Entry[] {
  return change(
    entries,
    'probe.summary',
    ({probe}) => probe === 'checkout',
    (data) => {
      const {settle} = data.phases;
      if (settle === undefined) throw new Error('no settle');
      return {...data, phases: {...data.phases, settle: {...settle, ...counts}}};
    },
  );
}

function changed(to: ProbeChange['to'], at: number): {type: 'probe.changed'; data: ProbeChange} {
  const before = find(pass, 'probe.changed', ({probe}) => probe === 'checkout');
  return {type: 'probe.changed', data: {...before, phase: 'settle', to, code: '503', sentAt: at, receivedAt: at + 10}};
}

/** `checkout` is down for a second. */
function withOutage(entries = pass): readonly Entry[] {
  const down = insertAfter(
    entries,
    'phase.started',
    ({phase}) => phase === 'settle',
    changed('indeterminate', startedAt + 50),
  );
  return insertAfter(
    down,
    'probe.changed',
    ({probe, to}) => probe === 'checkout' && to === 'indeterminate',
    changed('allowed', startedAt + 1040),
  );
}

function restarted(at: number): {type: 'probe.instance'; data: {probe: string; from: string; to: string; at: number}} {
  return {type: 'probe.instance', data: {probe: 'checkout', from: 'a', to: 'b', at}};
}

function allowing(step: string): readonly Entry[] {
  return change(
    pass,
    'run.planned',
    () => true,
    (plan) => ({...plan, steps: plan.steps.map((one) => (one.id === step ? {...one, restarts: ['checkout']} : one))}),
  );
}

describe('verdict/judge-dependent', () => {
  it('is unmet below the availability that was declared, and says since when', () => {
    const entries = withCounts({indeterminate: 4}, withOutage());

    expect(unharmed(entries).state).toBe('unmet');
    expect(unharmed(entries).reasons[0]).toMatch(
      /^`checkout` was harmed: [\d.]+% of \d+ samples were healthy, expected 100%; it was `indeterminate` \(503\) at .*, after step `stop-server` began, the longest outage took 1s\.$/,
    );
    expect(judge(entries).dependents.checkout).toMatchObject({longestOutageMs: 1000});
  });

  it('bears what the declared availability allows', () => {
    const lenient = change(
      withCounts({indeterminate: 1}, withOutage()),
      'run.planned',
      () => true,
      (plan) => {
        const {checkout} = plan.dependents;
        if (checkout === undefined) throw new Error('no checkout');
        return {...plan, dependents: {...plan.dependents, checkout: {...checkout, availability: 0.9}}};
      },
    );

    expect(unharmed(lenient).state).toBe('met');
  });

  it('is unproven with too few samples', () => {
    expect(unharmed(withCounts({skipped: 1000})).state).toBe('unproven');
    expect(unharmed(without(pass, 'probe.summary', ({probe}) => probe === 'checkout')).state).toBe('unproven');
  });

  it.each(['shutdown', 'rollback'] as const)('is unproven where it was not asked from %s on', (from) => {
    const gone = from === 'shutdown' ? (['shutdown', 'settle'] as const) : (['rollback', 'restored'] as const);
    const entries = change(
      pass,
      'probe.summary',
      ({probe}) => probe === 'checkout',
      (data) => ({
        ...data,
        phases: Object.fromEntries(Object.entries(data.phases).filter(([phase]) => !gone.some((one) => one === phase))),
      }),
    );

    expect(unharmed(entries).state).toBe('unproven');
  });

  it('is unproven where nobody asked for a while', () => {
    expect(unharmed(withCounts({longestGapMs: 3250})).state).toBe('met');
    expect(unharmed(withCounts({longestGapMs: 4600})).reasons).toEqual([
      '`checkout` is unproven: nobody asked for 4.6s; expected a sample every 250ms.',
    ]);
  });

  it('is unproven where it answered so slowly that samples were skipped', () => {
    expect(unharmed(withCounts({skipped: 3})).state).toBe('met');
    expect(unharmed(withCounts({skipped: 12})).reasons[0]).toContain(
      'it answered so slowly that 12 samples were skipped',
    );
  });

  it('is unmet for a restart that no step allows', () => {
    const entries = insertAfter(pass, 'phase.started', ({phase}) => phase === 'settle', restarted(startedAt + 10));

    expect(unharmed(entries).reasons[0]).toMatch(/^`checkout` was restarted at .*, which no step allows\.$/);
    expect(judge(entries).dependents.checkout).toMatchObject({restarts: 1});
  });

  it('allows a step one restart of what it names, after its start', () => {
    const allowed = allowing('stop-server');
    const at = (ms: number, entries: readonly Entry[]) =>
      insertAfter(entries, 'phase.started', ({phase}) => phase === 'settle', restarted(startedAt + ms));

    expect(unharmed(at(10, allowed)).state).toBe('met');
    expect(unharmed(at(20, at(10, allowed))).state).toBe('unmet');
    expect(unharmed(at(-10, allowed)).state).toBe('unmet');
  });

  it('is unproven where no answer ever told which process gave it', () => {
    const entries = change(
      pass,
      'probe.summary',
      ({probe}) => probe === 'checkout',
      (data) => ({...data, instanceSeen: false}),
    );

    expect(unharmed(entries)).toEqual({
      state: 'unproven',
      reasons: [expect.stringContaining('no answer told which process gave it (`json.startedAt`)')],
    });
  });
});
