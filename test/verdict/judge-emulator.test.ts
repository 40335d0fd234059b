import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, find, replan, without} from './journals.ts';

const pass = entriesOf('pass');

/** The same run, as if a step had been done on an emulator that does not hold anybody to it. */
function unenforced(entries: readonly Entry[], step: string): readonly Entry[] {
  return replan(entries, (plan) => ({
    ...plan,
    steps: plan.steps.map((planned) =>
      planned.id === step ? {...planned, unenforced: 'does nothing of it'} : planned,
    ),
  }));
}

describe('verdict/judge-emulator', () => {
  const step = find(pass, 'step.started', ({step: id}) => id === 'revoke-tokens').step;
  const {criteria: whole} = judge(pass);

  it('proves nothing by a step that an emulator does not enforce, and everything else by what was seen', () => {
    const {criteria, verdict, exitCode} = judge(unenforced(pass, step));

    expect(criteria).toEqual({
      ...whole,
      'access-removed': {
        state: 'unproven',
        reasons: [
          'Step `revoke-tokens` is unproven: `vault/revoke-tokens` was done on an emulator, which does nothing of it.',
        ],
      },
    });
    expect([verdict, exitCode]).toEqual(['inconclusive', 3]);
  });

  it('speaks of no step that was not begun', () => {
    const never = without(unenforced(pass, step), 'step.started', ({step: id}) => id === step);

    expect(judge(never).criteria['access-removed'].reasons).toEqual(
      judge(without(pass, 'step.started', ({step: id}) => id === step)).criteria['access-removed'].reasons,
    );
  });

  describe('of what was never dead', () => {
    const alive = without(pass, 'probe.changed', ({probe, to}) => probe === 'token' && to === 'denied');
    const surfaceOf = (entries: readonly Entry[]) => judge(entries).access.token?.surface;

    it('is no survival where an emulator did not enforce what was done there', () => {
      const {access, criteria} = judge(unenforced(alive, step));

      expect(access.token?.surface).toBe('unproven');
      expect(criteria['access-removed'].state).toBe('unproven');
      expect(criteria['access-removed'].reasons).toContain(
        '`token` is unproven: it was still allowed (200) on an emulator that does not enforce what was done.',
      );
    });

    it('is no less than what it was where it was not alive', () => {
      const blurred = change(
        unenforced(pass, step),
        'probe.changed',
        ({probe, generation}) => probe === 'token' && generation === 1,
        (data) => (data.to === 'denied' ? {...data, to: 'indeterminate', code: '500'} : data),
      );

      expect(judge(blurred).criteria['access-removed'].reasons).toContain(
        '`token` is unproven: it was `indeterminate` (500), expected `denied`.',
      );
    });

    it('survives where it is asked elsewhere, or nowhere', () => {
      expect(surfaceOf(alive)).toBe('survives');
      expect(surfaceOf(unenforced(alive, 'end-sessions'))).toBe('survives');
      expect(surfaceOf(unenforced(alive, 'stop-server'))).toBe('survives');
    });
  });
});
