import {describe, expect, it} from 'vitest';
import type {Entry, PhaseCounts} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {
  beginOf,
  beginsPhase,
  change,
  entriesOf,
  find,
  insertAfter,
  recount,
  replan,
  replanAccess,
  without,
} from './journals.ts';

const pass = entriesOf('pass');
const removed = (entries: readonly Entry[]) => judge(entries).criteria['access-removed'];
const access = (entries: readonly Entry[], name: string) => judge(entries).access[name];
const dies = (name: string) => (data: {probe: string; generation: number; to: string}) =>
  data.probe === name && data.generation === 1 && (data.to === 'denied' || data.to === 'unreachable');
const shutdownAt = beginOf(pass, 'shutdown');
const rollbackAt = beginOf(pass, 'rollback');

/** The last state of an access before rollback, as another. */
function deadAs(name: string, to: 'allowed' | 'unreachable' | 'indeterminate', code: string): readonly Entry[] {
  return change(pass, 'probe.changed', dies(name), (data) => ({...data, to, code}));
}

/** One more change of an access, after its death. */
function andThen(
  name: string,
  next: {
    phase: 'shutdown' | 'settle' | 'rollback' | 'restored';
    to: 'allowed' | 'denied' | 'indeterminate';
    at: number;
  },
): readonly Entry[] {
  const death = find(pass, 'probe.changed', dies(name));
  const data = {...death, ...next, code: 'x', from: death.to, sentAt: next.at - 1, receivedAt: next.at};
  return insertAfter(pass, 'phase.started', ({phase}) => phase === next.phase, {type: 'probe.changed', data});
}

function withCounts(name: string, counts: Partial<PhaseCounts>): readonly Entry[] {
  return change(
    pass,
    'probe.summary',
    ({probe, generation}) => probe === name && generation === 1,
    (data) => ({
      ...data,
      phases: Object.fromEntries(Object.entries(data.phases).map(([phase, before]) => [phase, {...before, ...counts}])),
    }),
  );
}

describe('verdict/judge-access', () => {
  it('gives the time to denial as an interval, from the last allowed sample sent', () => {
    const death = find(pass, 'probe.changed', dies('token'));

    expect(access(pass, 'token')?.deniedAfterMs).toEqual([
      Math.round((death.lastAllowedSentAt ?? 0) - shutdownAt),
      Math.round(death.receivedAt - shutdownAt),
    ]);
  });

  it('holds the limit against the upper end of the interval', () => {
    const late = (ms: number) =>
      change(pass, 'probe.changed', dies('token'), (data) => ({...data, receivedAt: shutdownAt + ms}));

    expect(removed(late(10_001)).reasons).toContain('`token` was denied only after 10s; the limit is 10s.');
    expect(removed(late(10_001)).state).toBe('unmet');
    expect(removed(late(10_000)).reasons.join()).not.toContain('the limit is');
  });

  it('counts from the step that `after` names', () => {
    const afterStep = change(
      pass,
      'run.planned',
      () => true,
      (plan) => {
        const token = plan.access.token;
        if (token === undefined) throw new Error('no token');
        return {...plan, access: {...plan.access, token: {...token, after: 'revoke-tokens', deniedWithinMs: 1000}}};
      },
    );
    const startedAt = find(pass, 'step.started', ({step}) => step === 'revoke-tokens').at;
    const late = change(afterStep, 'probe.changed', dies('token'), (data) => ({...data, receivedAt: startedAt + 1500}));

    expect(access(afterStep, 'token')).toMatchObject({surface: 'dead', afterStep: {step: 'revoke-tokens'}});
    expect(removed(late).reasons).toContain('`token` was denied only after 1.5s; the limit is 1s.');
    expect(access(late, 'token')?.afterStep?.deniedAfterMs[1]).toBe(1500);
    expect(access(without(late, 'step.started'), 'token')).not.toHaveProperty('afterStep');
    expect(access(pass, 'token')).not.toHaveProperty('afterStep');
  });

  it('tells in which step it died, and how long after its start', () => {
    const death = find(pass, 'probe.changed', dies('token'));
    const start = find(pass, 'step.started', ({step}) => step === 'revoke-tokens');
    const again = insertAfter(pass, 'step.started', ({step}) => step === 'revoke-tokens', {
      type: 'step.started',
      data: {...start, attempt: 2, at: start.at + 5},
    });
    const late = change(pass, 'probe.changed', dies('token'), (data) => ({
      ...data,
      lastAllowedSentAt: rollbackAt - 2000,
      receivedAt: rollbackAt - 1000,
    }));
    const atOnce = change(pass, 'probe.changed', dies('token'), (data) => ({...data, receivedAt: start.at}));
    const last = find(pass, 'step.started', ({step}) => step === 'end-sessions');
    const since = (at: number): number => Math.round(at - start.at);
    const diedIn = {
      step: 'revoke-tokens',
      deniedAfterMs: [Math.max(0, since(death.lastAllowedSentAt ?? 0)), since(death.receivedAt)],
    };

    expect(access(pass, 'token')?.diedIn).toEqual(diedIn);
    expect(access(again, 'token')?.diedIn).toEqual(diedIn);
    expect(access(atOnce, 'token')?.diedIn).toMatchObject({
      step: 'revoke-tokens',
      deniedAfterMs: [expect.anything(), 0],
    });
    expect(access(late, 'token')?.diedIn).toEqual({
      step: 'end-sessions',
      deniedAfterMs: [Math.round(rollbackAt - 2000 - last.at), Math.round(rollbackAt - 1000 - last.at)],
    });
    expect(access(without(pass, 'step.started'), 'token')).not.toHaveProperty('diedIn');
  });

  it('survives while it is still allowed when rollback begins', () => {
    const entries = without(pass, 'probe.changed', dies('token'));

    expect(access(entries, 'token')?.surface).toBe('survives');
    expect(removed(entries)).toEqual({
      state: 'unmet',
      reasons: ['`token` survives: `vault/token` was still allowed (200) when rollback began.'],
    });
  });

  it('proves no survival in a run that was cut short before the limit', () => {
    const alive = without(pass, 'probe.changed', dies('token'));
    const cut = insertAfter(alive, 'phase.started', ({phase}) => phase === 'shutdown', {
      type: 'interruption',
      data: {cause: 'SIGINT', count: 1, at: 0},
    });

    expect(access(cut, 'token')?.surface).toBe('unproven');
    expect(removed(cut)).toEqual({
      state: 'unproven',
      reasons: ['`token` is unproven: it was still allowed (200) when the run was cut short, before its limit of 10s.'],
    });
  });

  describe('of what was never dead in a run that was cut short', () => {
    const alive = without(pass, 'probe.changed', dies('token'));
    const cut = insertAfter(alive, 'phase.started', beginsPhase('settle'), {
      type: 'interruption',
      data: {cause: 'SIGINT', count: 1, at: 0},
    });
    const stopped = without(alive, 'phase.started', beginsPhase('settle'));
    const surfaceOf = (entries: readonly Entry[], deniedWithinMs: number, after?: string) =>
      access(replanAccess(entries, 'token', {deniedWithinMs, ...(after === undefined ? {} : {after})}), 'token')
        ?.surface;

    it.each([
      ['by a signal', cut],
      ['by a step that failed', stopped],
    ])('says that it survives once its limit has passed, cut %s', (_how, entries) => {
      expect(surfaceOf(entries, rollbackAt - shutdownAt - 1)).toBe('survives');
      expect(surfaceOf(entries, rollbackAt - shutdownAt)).toBe('unproven');
    });

    it('counts from the step that `after` names', () => {
      const startedAt = find(pass, 'step.started', ({step}) => step === 'end-sessions').at;
      const limitMs = Math.floor(rollbackAt - startedAt);

      expect(surfaceOf(cut, limitMs, 'end-sessions')).toBe('survives');
      expect(surfaceOf(cut, limitMs + 1, 'end-sessions')).toBe('unproven');
    });

    it('says what else was seen', () => {
      const blurred = change(
        cut,
        'probe.changed',
        ({probe, generation}) => probe === 'token' && generation === 1,
        (data) => ({...data, to: 'indeterminate', code: '500'}),
      );

      expect(removed(blurred).reasons).toEqual([
        '`token` is unproven: it was `indeterminate` (500), expected `denied`.',
      ]);
    });

    it('knows nothing of the time between the end of one process and the next', () => {
      const [settle, rollback] = (['settle', 'rollback'] as const).map((phase) =>
        alive.findIndex(({type, data}) => type === 'phase.started' && data.phase === phase),
      );
      const later = alive.slice(rollback).map((entry) => ({
        ...entry,
        time: new Date(Date.parse(entry.time) + 3_600_000).toISOString(),
      }));
      const first = alive.slice(0, settle);
      const time = later[0]?.time ?? '';
      const resumed: Entry = {
        ...{v: 1, seq: 0, prev: '', time},
        type: 'run.resumed',
        data: {tool: 'test', node: process.version, at: Date.parse(time)},
      };
      const watchedMs = Date.parse(first.at(-1)?.time ?? '') - shutdownAt;

      expect(surfaceOf([...first, resumed, ...later], 10_000)).toBe('unproven');
      expect(surfaceOf([...first, resumed, ...later], watchedMs)).toBe('unproven');
      expect(surfaceOf([...first, resumed, ...later], watchedMs - 1)).toBe('survives');
    });

    it('was watched until the very last entry where nobody resumed it', () => {
      const rollback = cut.findIndex(({type, data}) => type === 'phase.started' && data.phase === 'rollback');

      expect(surfaceOf(cut.slice(0, rollback + 1), rollbackAt - shutdownAt - 1)).toBe('survives');
    });

    it('knows no survival where no rollback began', () => {
      expect(surfaceOf(without(cut, 'phase.started', beginsPhase('rollback')), 1)).toBe('unproven');
    });
  });

  it('says nothing of a run in which nothing was removed', () => {
    expect(access(entriesOf('until-baseline'), 'token')).toMatchObject({
      limitMs: 10_000,
      afterRollback: 'not-asked',
      surface: 'unproven',
      deniedAfterMs: null,
    });
    expect(removed(entriesOf('until-baseline'))).toEqual({state: 'unproven', reasons: ['Nothing was removed.']});
  });

  it('adds its samples up, from baseline to the end of restored', () => {
    expect(access(pass, 'token')?.samples).toEqual({
      allowed: 6,
      denied: 11,
      unreachable: 0,
      indeterminate: 0,
      skipped: 1,
    });
    expect(access(pass, 'tool')?.samples).toEqual({
      allowed: 6,
      denied: 0,
      unreachable: 12,
      indeterminate: 0,
      skipped: 0,
    });
    const counted = {due: 9, skipped: 1, allowed: 0, denied: 5, unreachable: 0, indeterminate: 2, longestGapMs: 7};
    const atOnce = change(
      pass,
      'probe.summary',
      ({probe, generation}) => probe === 'token' && generation === 1,
      ({phases, ...data}) => ({...data, phases: {...phases, rollback: counted, capture: counted}}),
    );
    expect(access(atOnce, 'token')?.samples).toMatchObject({denied: 16, indeterminate: 2, skipped: 2});
  });

  it('counts no time to denial from before the shutdown', () => {
    const early = (given: {lastAllowedSentAt: number | undefined; receivedAt: number}) =>
      change(pass, 'probe.changed', dies('token'), ({lastAllowedSentAt: _last, ...data}) => ({
        ...data,
        receivedAt: given.receivedAt,
        ...(given.lastAllowedSentAt === undefined ? {} : {lastAllowedSentAt: given.lastAllowedSentAt}),
      }));
    const receivedAt = shutdownAt + 40;

    expect(access(early({lastAllowedSentAt: shutdownAt - 30, receivedAt}), 'token')?.deniedAfterMs).toEqual([0, 40]);
    expect(access(early({lastAllowedSentAt: undefined, receivedAt}), 'token')?.deniedAfterMs).toEqual([0, 40]);
    expect(access(early({lastAllowedSentAt: undefined, receivedAt: shutdownAt - 5}), 'token')?.deniedAfterMs).toEqual([
      0, 0,
    ]);
  });

  it('is unproven where a credential was only unreachable, since stopped is not revoked', () => {
    const entries = deadAs('token', 'unreachable', 'ECONNREFUSED');

    expect(access(entries, 'token')?.surface).toBe('unproven');
    expect(removed(entries)).toEqual({
      state: 'unproven',
      reasons: ['`token` is unproven: it was only unreachable (ECONNREFUSED): stopped is not revoked.'],
    });
  });

  it('takes unreachable for dead where no credential is carried and the drill expects it', () => {
    expect(find(pass, 'probe.changed', dies('tool')).to).toBe('unreachable');
    expect(access(pass, 'tool')?.surface).toBe('dead');
    expect(removed(replanAccess(pass, 'tool', {expect: ['denied']})).reasons).toEqual([
      '`tool` is unproven: it was `unreachable` (ECONNREFUSED), expected `denied`.',
    ]);
    expect(removed(deadAs('tool', 'indeterminate', '500')).reasons).toEqual([
      '`tool` is unproven: it was `indeterminate` (500), expected `denied` or `unreachable`.',
    ]);
  });

  it.each(['500', 'no-control:403', 'TIMEOUT', 'locked-or-forbidden'])(
    'is unproven where it was indeterminate (%s)',
    (code) => {
      const entries = deadAs('login-again', 'indeterminate', code);

      expect(access(entries, 'login-again')?.surface).toBe('unproven');
      expect(removed(entries)).toEqual({
        state: 'unproven',
        reasons: [`\`login-again\` is unproven: it was \`indeterminate\` (${code}), expected \`denied\`.`],
      });
    },
  );

  it('is unproven where it was never asked', () => {
    const entries = without(pass, 'probe.changed', ({probe}) => probe === 'holdings');

    expect(removed(entries).reasons).toContain('`holdings` is unproven: it was never asked.');
  });

  it('fails for one allowed sample after the first denial', () => {
    const entries = andThen('token', {phase: 'settle', to: 'allowed', at: rollbackAt - 3000});

    const at = new Date(rollbackAt - 3000).toISOString();
    expect(access(entries, 'token')).toMatchObject({surface: 'survives', resurrectedAt: at});
    expect(access(entries, 'token')?.deniedAfterMs).toEqual(access(pass, 'token')?.deniedAfterMs);
    expect(removed(entries)).toEqual({
      state: 'unmet',
      reasons: [
        `\`token\` was dead and came back to life at ${at}, 2.11s after its death, during step \`end-sessions\` or after it, and stayed alive to the end of settle: revived, or given out anew. Find what did that, and take it away first.`,
      ],
    });
    expect(removed(without(entries, 'step.started')).reasons[0]).toContain(', during shutdown or after it, and');
  });

  it('calls no resurrection what was allowed until its death', () => {
    const {receivedAt} = find(pass, 'probe.changed', dies('token'));

    for (const at of [receivedAt, receivedAt - 10]) {
      expect(removed(andThen('token', {phase: 'shutdown', to: 'allowed', at})).state).toBe('met');
    }
  });

  it('counts the dead time anew after an indeterminate answer', () => {
    const at = rollbackAt - 2000;
    const blurred = andThen('token', {phase: 'settle', to: 'indeterminate', at});
    const death = find(pass, 'probe.changed', dies('token'));
    const again = {...death, phase: 'settle' as const, from: 'indeterminate' as const, receivedAt: at + 500};
    const dead = insertAfter(blurred, 'probe.changed', ({to, probe}) => probe === 'token' && to === 'indeterminate', {
      type: 'probe.changed',
      data: again,
    });

    expect(access(blurred, 'token')?.surface).toBe('unproven');
    expect(removed(blurred)).toEqual({
      state: 'unproven',
      reasons: [
        '`token` is unproven: it was dead, and then `indeterminate` (x) to the end of settle.',
        '`token`: that the old credential is still dead after rollback is unproven: it was `indeterminate`.',
      ],
    });
    expect(access(dead, 'token')?.surface).toBe('unproven');
    expect(removed(dead).reasons).toEqual(['`token` is unproven: dead for 1.5s before rollback, expected 5s.']);
  });

  it('must have been dead for as long as settle is', () => {
    const since = (receivedAt: number) =>
      removed(
        change(pass, 'probe.changed', dies('token'), (data) => ({...data, phase: 'settle' as const, receivedAt})),
      );

    expect(since(rollbackAt - 5000).state).toBe('met');
    expect(since(rollbackAt - 4999).reasons).toEqual([
      '`token` is unproven: dead for 5s before rollback, expected 5s.',
    ]);
    expect(since(rollbackAt + 5).reasons).toEqual(['`token` is unproven: dead for 0ms before rollback, expected 5s.']);
    expect(removed(without(pass, 'phase.started', beginsPhase('rollback'))).reasons).toContain(
      '`token` is unproven: dead for 0ms before rollback, expected 5s.',
    );
  });

  it('must have been seen dead twice, and unreachable counts only where it may', () => {
    const once = recount(recount(pass, 'token', 'shutdown', {denied: 0}), 'token', 'settle', {denied: 1});
    const unreachable = recount(once, 'token', 'settle', {unreachable: 5});
    const twice = recount(recount(pass, 'token', 'shutdown', {denied: 0}), 'token', 'settle', {denied: 2});
    const tool = recount(recount(pass, 'tool', 'shutdown', {unreachable: 0}), 'tool', 'settle', {unreachable: 2});

    expect(removed(once).reasons).toEqual(['`token` is unproven: too few samples, 1 dead of 4 taken, 1 skipped.']);
    expect(removed(unreachable).reasons).toEqual([
      '`token` is unproven: too few samples, 1 dead of 9 taken, 1 skipped.',
    ]);
    expect(access(once, 'token')?.surface).toBe('unproven');
    expect(removed(twice).state).toBe('met');
    expect(removed(tool).state).toBe('met');
  });

  it('is unproven with too few samples', () => {
    expect(removed(withCounts('token', {denied: 0})).reasons.join()).toContain('`token` is unproven: too few samples');
    expect(removed(withCounts('token', {skipped: 500})).reasons.join()).toContain('too few samples');
    expect(removed(without(pass, 'probe.summary', ({probe}) => probe === 'token')).state).toBe('unproven');
  });

  it('is unproven where nobody asked for a while, as on a machine that slept', () => {
    expect(removed(withCounts('token', {longestGapMs: 2000})).state).toBe('met');
    expect(removed(withCounts('token', {longestGapMs: 2001})).reasons).toEqual([
      '`token` is unproven: nobody asked for 2s while it had to stay dead; expected a sample every 1s.',
    ]);
    expect(access(withCounts('token', {longestGapMs: 2001}), 'token')?.surface).toBe('unproven');
    expect(removed(withCounts('login-again', {longestGapMs: 60_000})).state).toBe('met');
  });

  it('bears a quarter of an interval where that is more than a busy machine takes', () => {
    const asked = (longestGapMs: number) =>
      removed(
        replan(replanAccess(withCounts('token', {longestGapMs}), 'token', {everyMs: 6000}), (plan) => ({
          ...plan,
          settleMs: 12_000,
        })),
      ).reasons.filter((reason) => reason.includes('`token` is unproven: nobody asked'));

    expect(asked(7500)).toEqual([]);
    expect(asked(7501)).toHaveLength(1);
  });

  it('is unproven where it was asked too seldom for the time that it must stay dead', () => {
    const every = (everyMs: number, name = 'token') => removed(replanAccess(pass, name, {everyMs}));

    expect(every(3000).reasons).toEqual([
      '`token` is unproven: asked every 3s, it was not seen often enough in a settle of 5s.',
    ]);
    expect(access(replanAccess(pass, 'token', {everyMs: 3000}), 'token')?.surface).toBe('unproven');
    expect(every(2500).state).toBe('met');
    expect(every(3000, 'login-again').state).toBe('met');
  });

  it('fails where the old credential comes back to life after rollback', () => {
    const entries = andThen('token', {phase: 'restored', to: 'allowed', at: rollbackAt + 2000});

    expect(access(entries, 'token')).toMatchObject({surface: 'survives', afterRollback: 'allowed'});
    expect(removed(entries)).toEqual({
      state: 'unmet',
      reasons: [
        `\`token\`: the old credential came back to life after rollback, at ${new Date(rollbackAt + 2000).toISOString()}.`,
      ],
    });
    expect(removed(andThen('token', {phase: 'rollback', to: 'allowed', at: rollbackAt + 1})).state).toBe('unmet');
  });

  it('judges what has no generation of its own by what comes before rollback', () => {
    expect(access(pass, 'tool')).toMatchObject({surface: 'dead', afterRollback: 'allowed'});
    expect(
      removed(without(pass, 'probe.changed', ({probe, phase}) => probe === 'tool' && phase === 'restored')).state,
    ).toBe('met');
  });

  it('is unproven where the old credential was not asked after rollback', () => {
    const entries = change(
      pass,
      'probe.summary',
      ({probe, generation}) => probe === 'token' && generation === 1,
      ({phases: {restored: _restored, ...phases}, ...data}) => ({...data, phases}),
    );

    const unseen = without(pass, 'probe.changed', ({probe}) => probe === 'token');

    expect(access(entries, 'token')?.afterRollback).toBe('not-asked');
    expect(access(unseen, 'token')?.afterRollback).toBe('not-asked');
    expect(removed(entries)).toEqual({
      state: 'unproven',
      reasons: ['`token`: that the old credential is still dead after rollback is unproven: it was `not-asked`.'],
    });
  });

  it('is unproven where the old credential is indeterminate after rollback', () => {
    const entries = andThen('token', {phase: 'restored', to: 'indeterminate', at: rollbackAt + 2000});

    expect(removed(entries)).toEqual({
      state: 'unproven',
      reasons: ['`token`: that the old credential is still dead after rollback is unproven: it was `indeterminate`.'],
    });
  });

  it('fails where the integration was served after the last step', () => {
    const event = {
      time: '2026-01-01T00:00:00Z',
      operation: 'read',
      path: 'secret/data/orders',
      actor: {kind: 'integration' as const, name: 'orders-mcp'},
      effect: 'use' as const,
      phase: 'settle',
    };
    const at = (phase: string, effect: 'use' | 'refused') =>
      change(
        pass,
        'audit.read',
        () => true,
        (data) => ({...data, events: [{...event, phase, effect}]}),
      );

    expect(removed(at('settle', 'use')).reasons).toEqual([
      'The integration (`orders-mcp`) was served after the last step: read `secret/data/orders` in `vault` at 2026-01-01T00:00:00Z.',
    ]);
    expect(removed(at('settle', 'refused')).state).toBe('met');
    expect(removed(at('baseline', 'use')).state).toBe('met');
  });

  describe('of what is refused and not gone', () => {
    const until = rollbackAt + 60_000;
    const end = new Date(until).toISOString();
    const leftAs = (surface: 'disarmed' | 'unobservable') =>
      change(pass, 'probe.changed', dies('token'), (data) => ({...data, surface, until}));

    it('calls a credential that only something stands in the way of disarmed', () => {
      const entries = leftAs('disarmed');

      expect(access(entries, 'token')).toMatchObject({surface: 'disarmed', until: end});
      expect(removed(entries)).toEqual({
        state: 'unproven',
        reasons: [
          `\`token\` is disarmed, not dead: it is refused, and it lives on until ${end}; what stands in its way can be undone.`,
        ],
      });
      expect(judge(entries)).toMatchObject({verdict: 'inconclusive', exitCode: 3});
    });

    it('knows where no end was told', () => {
      const endless = change(pass, 'probe.changed', dies('token'), (data) => ({...data, surface: 'disarmed'}));
      const ended = change(pass, 'probe.changed', dies('token'), (data) => ({...data, until}));

      expect(removed(endless).reasons[0]).toContain('it lives on without an end;');
      for (const entries of [endless, ended]) expect(access(entries, 'token')).not.toHaveProperty('until');
    });

    it('calls what nobody can list unobservable, with its bound', () => {
      const entries = leftAs('unobservable');

      expect(access(entries, 'token')).toMatchObject({surface: 'unobservable', until: end});
      expect(removed(entries).reasons).toEqual([
        `\`token\` is unobservable: nobody can list or revoke what may be left of it, and it may live until ${end}.`,
      ]);
    });

    it('calls it dead once a later answer says that it is gone', () => {
      const gone = {...find(pass, 'probe.changed', dies('token')), from: 'denied' as const, phase: 'settle' as const};
      const entries = insertAfter(leftAs('disarmed'), 'phase.started', ({phase}) => phase === 'settle', {
        type: 'probe.changed',
        data: gone,
      });

      expect(access(entries, 'token')).toMatchObject({surface: 'dead'});
      expect(removed(entries).state).toBe('met');
    });

    it('calls it draining only where a step waits for its end', () => {
      const alive = change(pass, 'probe.changed', dies('token'), (data) => ({
        ...data,
        to: 'allowed',
        code: '200',
        until,
      }));
      const waited = insertAfter(alive, 'phase.started', ({phase}) => phase === 'shutdown', {
        type: 'draining',
        data: {operation: 'vault/wait-for-expiry', what: 'the captured token', until, at: shutdownAt},
      });

      expect(access(alive, 'token')).toMatchObject({surface: 'survives'});
      expect(access(alive, 'token')).not.toHaveProperty('until');
      expect(access(waited, 'token')).toMatchObject({surface: 'draining', until: end});
      expect(
        access(
          without(waited, 'probe.changed', ({probe, phase}) => probe === 'token' && phase === 'shutdown'),
          'token',
        ),
      ).toMatchObject({surface: 'survives'});
      expect(removed(alive).reasons).toEqual([
        '`token` survives: `vault/token` was still allowed (200) when rollback began.',
      ]);
      expect(removed(waited).reasons).toEqual([
        `\`token\` is draining: \`vault/token\` was still allowed (200) when rollback began, and ends by itself at ${end}.`,
      ]);
      expect(judge(waited).draining).toEqual([
        {
          operation: 'vault/wait-for-expiry',
          what: 'the captured token',
          from: new Date(shutdownAt).toISOString(),
          until: end,
        },
      ]);
    });
  });
});
