import {describe, expect, it} from 'vitest';
import type {Entry, PhaseCounts} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, find, insertAfter, without} from './journals.ts';

const pass = entriesOf('pass');
const removed = (entries: readonly Entry[]) => judge(entries).criteria['access-removed'];
const access = (entries: readonly Entry[], name: string) => judge(entries).access[name];
const dies = (name: string) => (data: {probe: string; generation: number; to: string}) =>
  data.probe === name && data.generation === 1 && (data.to === 'denied' || data.to === 'unreachable');
const shutdownAt = Date.parse(
  pass.find((entry) => entry.type === 'phase.started' && entry.data.phase === 'shutdown')?.time ?? '',
);
const rollbackAt = Date.parse(
  pass.find((entry) => entry.type === 'phase.started' && entry.data.phase === 'rollback')?.time ?? '',
);

/** The last state of an access before rollback, as another. */
function deadAs(name: string, to: 'allowed' | 'unreachable' | 'indeterminate', code: string): readonly Entry[] {
  return change(pass, 'probe.changed', dies(name), (data) => ({...data, to, code}));
}

/** One more change of an access, after its death. */
function andThen(
  name: string,
  next: {phase: 'settle' | 'restored'; to: 'allowed' | 'denied' | 'indeterminate'; at: number},
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
    expect(removed(cut).state).toBe('unproven');
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
  });

  it.each(['500', 'no-control:403', 'TIMEOUT', 'locked-or-forbidden'])(
    'is unproven where it was indeterminate (%s)',
    (code) => {
      const entries = deadAs('login-again', 'indeterminate', code);

      expect(access(entries, 'login-again')?.surface).toBe('unproven');
      expect(removed(entries).state).toBe('unproven');
    },
  );

  it('is unproven where it was never asked', () => {
    const entries = without(pass, 'probe.changed', ({probe}) => probe === 'holdings');

    expect(removed(entries).reasons).toContain('`holdings` is unproven: it was never asked.');
  });

  it('fails for one allowed sample after the first denial', () => {
    const entries = andThen('token', {phase: 'settle', to: 'allowed', at: rollbackAt - 3000});

    expect(access(entries, 'token')).toMatchObject({surface: 'survives', resurrectedAt: expect.any(String)});
    expect(removed(entries).reasons.join()).toContain('`token` was dead and came back to life');
    expect(removed(entries).state).toBe('unmet');
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

    expect(removed(blurred).state).toBe('unproven');
    expect(removed(dead).reasons).toEqual(['`token` is unproven: dead for 1.5s before rollback, expected 5s.']);
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
    expect(removed(withCounts('login-again', {longestGapMs: 60_000})).state).toBe('met');
  });

  it('is unproven where it was asked too seldom for the time that it must stay dead', () => {
    const entries = change(
      pass,
      'run.planned',
      () => true,
      (plan) => {
        const token = plan.access.token;
        if (token === undefined) throw new Error('no token');
        return {...plan, access: {...plan.access, token: {...token, everyMs: 3000}}};
      },
    );

    expect(removed(entries).reasons).toEqual([
      '`token` is unproven: asked every 3s, it was not seen often enough in a settle of 5s.',
    ]);
  });

  it('fails where the old credential comes back to life after rollback', () => {
    const entries = andThen('token', {phase: 'restored', to: 'allowed', at: rollbackAt + 2000});

    expect(access(entries, 'token')).toMatchObject({surface: 'survives', afterRollback: 'allowed'});
    expect(removed(entries).reasons.join()).toContain('the old credential came back to life after rollback');
  });

  it('is unproven where the old credential was not asked after rollback', () => {
    const entries = change(
      pass,
      'probe.summary',
      ({probe, generation}) => probe === 'token' && generation === 1,
      ({phases: {restored: _restored, ...phases}, ...data}) => ({...data, phases}),
    );

    expect(access(entries, 'token')?.afterRollback).toBe('not-asked');
    expect(removed(entries).state).toBe('unproven');
  });

  it('is unproven where the old credential is indeterminate after rollback', () => {
    const entries = andThen('token', {phase: 'restored', to: 'indeterminate', at: rollbackAt + 2000});

    expect(removed(entries)).toMatchObject({state: 'unproven'});
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
      expect(removed(waited).reasons[0]).toContain(`and ends by itself at ${end}.`);
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
