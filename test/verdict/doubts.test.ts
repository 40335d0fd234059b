import {describe, expect, it} from 'vitest';
import type {DoubtRecord} from '../../src/contract/plan-record.ts';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, without} from './journals.ts';

const pass = entriesOf('pass');

describe('verdict of a drill that can not prove what it claims', () => {
  const doubting = (criterion: DoubtRecord['criterion']): readonly Entry[] =>
    change(
      pass,
      'run.planned',
      () => true,
      (plan) => ({...plan, doubts: [{code: 'some-doubt', message: 'Nothing shows it.', criterion}]}),
    );

  it.each(['access-removed', 'dependents-unharmed'] as const)('leaves %s unproven, and never passes', (criterion) => {
    const result = judge(doubting(criterion));

    expect(judge(pass).verdict).toBe('pass');
    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3});
    expect(result.criteria[criterion]).toEqual({state: 'unproven', reasons: ['Nothing shows it.']});
  });
});

describe('verdict/judge-renewal', () => {
  /** The same drill without the access that logs in, and with another settle. */
  const withoutLogin = (settleMs: number): readonly Entry[] =>
    change(
      pass,
      'run.planned',
      () => true,
      ({access: {'login-again': _login, ...access}, ...plan}) => ({...plan, access, settleMs}),
    );
  const removed = (entries: readonly Entry[]) => judge(entries).criteria['access-removed'];

  it('leaves open who comes back after a settle that is shorter than a renewal', () => {
    expect(removed(withoutLogin(5000))).toEqual({
      state: 'unproven',
      reasons: [
        'What `token` stands for is renewed after about 40m, and no access asks whether a login is refused: a settle of 5s does not see who comes back.',
      ],
    });
  });

  it('counts two thirds of the life to the millisecond', () => {
    const renewal = /stands for is renewed/;

    expect(removed(withoutLogin(40 * 60_000 - 1)).reasons.join()).toMatch(renewal);
    expect(removed(withoutLogin(40 * 60_000)).reasons.join()).not.toMatch(renewal);
  });

  it('knows nothing of the life of what tells none', () => {
    const endless = change(
      withoutLogin(5000),
      'capture.taken',
      () => true,
      ({facts: _facts, ...taken}) => ({...taken, facts: {}}),
    );

    expect(removed(endless).reasons.join()).not.toMatch(/stands for is renewed/);
  });

  it.each([{ttlSeconds: 0}, {ttlSeconds: '3600'}, {ttlSeconds: -1}])('takes %j for no life', (facts) => {
    const odd = change(
      withoutLogin(5000),
      'capture.taken',
      () => true,
      (data) => ({...data, facts}),
    );

    expect(removed(odd).reasons.join()).not.toMatch(/stands for is renewed/);
  });

  it('asks nothing of generation 2, nor of a run that did not settle', () => {
    const second = change(
      withoutLogin(5000),
      'capture.taken',
      ({generation}) => generation === 1,
      (data) => ({...data, facts: {}}),
    );
    const unsettled = without(withoutLogin(5000), 'phase.started', ({phase}) => phase === 'settle');

    for (const entries of [second, unsettled]) {
      expect(removed(entries).reasons.join()).not.toMatch(/stands for is renewed/);
    }
  });

  it('leaves nothing open once settle is as long, or a login is asked for', () => {
    const renewal = /stands for is renewed/;

    expect(removed(withoutLogin(40 * 60_000)).reasons.join()).not.toMatch(renewal);
    expect(removed(pass)).toEqual({state: 'met', reasons: []});
  });
});
