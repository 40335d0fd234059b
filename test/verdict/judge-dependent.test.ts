import {describe, expect, it} from 'vitest';
import type {Entry, Phase, PhaseCounts, ProbeChange} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {
  beginsPhase,
  change,
  entriesOf,
  find,
  insertAfter,
  recount,
  replan,
  replanDependent,
  without,
} from './journals.ts';

const pass = entriesOf('pass');
const unharmed = (entries: readonly Entry[]) => judge(entries).criteria['dependents-unharmed'];
const startedAt = find(pass, 'step.started', ({step}) => step === 'stop-server').at;

const withCounts = (counts: Partial<PhaseCounts>, entries = pass): readonly Entry[] =>
  recount(entries, 'checkout', 'settle', counts);

function changed(
  to: ProbeChange['to'],
  at: number,
  phase: Phase = 'settle',
): {type: 'probe.changed'; data: ProbeChange} {
  const before = find(pass, 'probe.changed', ({probe}) => probe === 'checkout');
  return {type: 'probe.changed', data: {...before, phase, to, code: '503', sentAt: at, receivedAt: at + 10}};
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
  return replan(pass, (plan) => ({
    ...plan,
    steps: plan.steps.map((one) => (one.id === step ? {...one, restarts: ['checkout']} : one)),
  }));
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
    const lenient = replanDependent(withCounts({indeterminate: 1}, withOutage()), 'checkout', {availability: 0.9});

    expect(unharmed(lenient).state).toBe('met');
  });

  it('holds the availability against all samples from shutdown on, to the last one', () => {
    const entries = withCounts({allowed: 15, denied: 1, unreachable: 2, indeterminate: 2}, withOutage());
    const expecting = (availability: number) => replanDependent(entries, 'checkout', {availability});

    expect(judge(entries).dependents.checkout).toEqual({
      availability: 31 / 36,
      longestOutageMs: 1000,
      restarts: 0,
      samples: {allowed: 31, denied: 1, unreachable: 2, indeterminate: 2, skipped: 0},
    });
    expect(unharmed(expecting(31 / 36)).state).toBe('met');
    expect(unharmed(expecting(0.8612)).reasons[0]).toContain('86.11% of 36 samples were healthy, expected 86.12%;');
    expect(unharmed(expecting(0.9)).reasons[0]).toContain('expected 90%;');
    expect(unharmed(expecting(0.875)).reasons[0]).toContain('expected 87.5%;');
  });

  it('never rounds what is not healthy up to all', () => {
    const entries = withCounts({allowed: 99_999, indeterminate: 1}, withOutage());

    expect(unharmed(entries).reasons[0]).toMatch(/99\.99% of 100016 samples were healthy, expected 100%/);
  });

  it('says so where it was harmed and no change is on record', () => {
    expect(unharmed(withCounts({indeterminate: 4})).reasons).toEqual([
      '`checkout` was harmed: 90.24% of 41 samples were healthy, expected 100%; no change was seen, the longest outage took 0ms.',
    ]);
  });

  it('counts an outage that goes on to the end of the run, and none from before the first step', () => {
    const down = changed('unreachable', startedAt + 50);
    const isSettle = beginsPhase('settle');
    const again = insertAfter(pass, 'phase.started', isSettle, changed('denied', startedAt + 90));
    const end = Date.parse(judge(pass).finishedAt);
    const before = insertAfter(
      pass,
      'phase.started',
      beginsPhase('baseline'),
      changed('denied', startedAt - 9000, 'baseline'),
    );

    expect(judge(insertAfter(pass, 'phase.started', isSettle, down)).dependents.checkout?.longestOutageMs).toBe(
      Math.round(end - startedAt - 50),
    );
    expect(judge(insertAfter(again, 'phase.started', isSettle, down)).dependents.checkout?.longestOutageMs).toBe(
      Math.round(end - startedAt - 50),
    );
    expect(judge(before).dependents.checkout?.longestOutageMs).toBe(0);
    expect(unharmed(recount(before, 'checkout', 'settle', {indeterminate: 4})).reasons[0]).toContain(
      'no change was seen',
    );
  });

  it('takes no good answer for the beginning of an outage', () => {
    const good = changed('allowed', startedAt + 20);
    const entries = insertAfter(withOutage(), 'phase.started', beginsPhase('settle'), good);
    const {checkout} = judge(entries).dependents;

    expect(checkout?.longestOutageMs).toBe(1000);
    expect(unharmed(withCounts({indeterminate: 4}, entries)).reasons[0]).toContain('it was `indeterminate` (503) at');
    expect(unharmed(without(withCounts({indeterminate: 4}, entries), 'step.started')).reasons[0]).toMatch(
      /\(503\) at [\d:.TZ-]+, the longest outage/,
    );
  });

  it('allows nothing for a step that the plan does not know, or that has no rollback', () => {
    const started = find(pass, 'step.started');
    const rolledBack = find(pass, 'rollback.started');
    const strange = ['another', 'revoke-leases'].reduce<readonly Entry[]>((entries, step) => {
      const once = insertAfter(entries, 'step.started', () => true, {
        type: 'step.started',
        data: {...started, step},
      });
      return insertAfter(once, 'rollback.started', () => true, {
        type: 'rollback.started',
        data: {...rolledBack, step},
      });
    }, pass);

    expect(
      unharmed(insertAfter(strange, 'phase.started', beginsPhase('restored'), restarted(startedAt + 7000))).state,
    ).toBe('unmet');
  });

  it('tells the longest of several outages', () => {
    const third = changed('allowed', startedAt + 3000);
    const second = insertAfter(withOutage(), 'phase.started', beginsPhase('rollback'), third);
    const both = insertAfter(second, 'phase.started', beginsPhase('rollback'), changed('denied', startedAt + 2800));

    expect(judge(both).dependents.checkout?.longestOutageMs).toBe(1000);
  });

  it('says nothing against a run in which nothing was removed', () => {
    const untouched = entriesOf('until-baseline');

    expect(unharmed(untouched)).toEqual({state: 'unproven', reasons: ['Nothing was removed.']});
    expect(judge(untouched).dependents.checkout).toMatchObject({availability: null, longestOutageMs: 0, restarts: 0});
  });

  it('is unproven where one process ended and another went on', () => {
    const resumed = {type: 'run.resumed', data: {tool: '0', node: 'v24', at: 0}} as const;

    expect(unharmed(insertAfter(pass, 'phase.started', beginsPhase('rollback'), resumed)).reasons).toEqual(
      ['checkout', 'assistant'].map(
        (name) => `\`${name}\` is unproven: nobody asked between the end of one process and the next.`,
      ),
    );
  });

  it('is unproven with too few samples', () => {
    const unasked = without(pass, 'probe.summary', ({probe}) => probe === 'checkout');

    expect(unharmed(withCounts({skipped: 1000})).reasons).toEqual([
      '`checkout` is unproven: too few samples before or after rollback began, 37 taken, 1000 skipped.',
    ]);
    expect(unharmed(unasked).reasons[0]).toBe(
      '`checkout` is unproven: too few samples before or after rollback began, 0 taken, 0 skipped.',
    );
    expect(judge(unasked).dependents.checkout?.availability).toBeNull();
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

    expect(unharmed(entries).reasons).toEqual([
      expect.stringMatching(/^`checkout` is unproven: too few samples before or after rollback began, /),
    ]);
  });

  it('is unproven where nobody asked for a while', () => {
    expect(unharmed(withCounts({longestGapMs: 3250})).state).toBe('met');
    expect(unharmed(withCounts({longestGapMs: 3251})).state).toBe('unproven');
    expect(unharmed(withCounts({longestGapMs: 4600})).reasons).toEqual([
      '`checkout` is unproven: nobody asked for 4.6s; expected a sample every 250ms.',
    ]);
  });

  it('is unproven where it answered so slowly that samples were skipped', () => {
    const skipping = (skipped: number) => unharmed(withCounts({skipped, allowed: 20}));

    expect(skipping(9).state).toBe('met');
    expect(skipping(10).reasons).toEqual([
      '`checkout` is unproven: it answered so slowly that 10 samples were skipped beside 36 taken.',
    ]);
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
    expect(unharmed(at(5000, at(4000, allowed))).state).toBe('unmet');
    expect(unharmed(at(0, allowed)).state).toBe('met');
    expect(unharmed(at(-10, allowed)).state).toBe('unmet');
  });

  it('allows nothing for a further attempt at the same step', () => {
    const started = find(pass, 'step.started', ({step}) => step === 'stop-server');
    const retried = insertAfter(allowing('stop-server'), 'step.started', () => true, {
      type: 'step.started',
      data: {...started, attempt: 2, at: startedAt + 1},
    });
    const twice = [10, 20].reduce<readonly Entry[]>(
      (entries, ms) => insertAfter(entries, 'phase.started', beginsPhase('settle'), restarted(startedAt + ms)),
      retried,
    );

    expect(unharmed(twice).reasons).toHaveLength(1);
  });

  it('allows a rollback one restart of what it names', () => {
    const {at: rolledBackAt} = find(pass, 'rollback.started', ({step}) => step === 'stop-server');
    const naming = (names: readonly string[]) =>
      replan(pass, (plan) => ({
        ...plan,
        steps: plan.steps.map((step) =>
          step.rollback.kind === 'action' && step.id === 'stop-server'
            ? {...step, rollback: {...step.rollback, restarts: [...names]}}
            : step,
        ),
      }));
    const later = (entries: readonly Entry[]) =>
      insertAfter(entries, 'phase.started', beginsPhase('restored'), restarted(rolledBackAt + 10));

    expect(unharmed(later(naming(['checkout']))).state).toBe('met');
    expect(unharmed(later(naming(['assistant']))).state).toBe('unmet');
    expect(unharmed(later(pass)).state).toBe('unmet');
  });

  it('takes no restart of another for its own', () => {
    const other = restarted(startedAt + 10);
    const entries = insertAfter(pass, 'phase.started', beginsPhase('settle'), {
      ...other,
      data: {...other.data, probe: 'assistant'},
    });

    expect(judge(entries).dependents).toMatchObject({checkout: {restarts: 0}, assistant: {restarts: 1}});
    expect(unharmed(entries).reasons).toEqual([expect.stringMatching(/^`assistant` was restarted at /)]);
  });

  it('asks no process of one that tells none', () => {
    const silent = change(
      pass,
      'probe.summary',
      ({probe}) => probe === 'checkout',
      ({instanceSeen: _seen, ...data}) => data,
    );
    const undeclared = replan(silent, (plan) => {
      const {checkout, ...others} = plan.dependents;
      if (checkout === undefined) throw new Error('no checkout');
      const {instance: _instance, ...rest} = checkout;
      return {...plan, dependents: {checkout: rest, ...others}};
    });

    expect(unharmed(silent).state).toBe('unproven');
    expect(unharmed(undeclared).state).toBe('met');
    expect(unharmed(without(undeclared, 'probe.summary', ({probe}) => probe === 'assistant')).reasons).toContainEqual(
      expect.stringContaining('`assistant` is unproven: no answer told'),
    );
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
