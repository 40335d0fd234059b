import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import type {AccessResult} from '../../src/verdict/result.ts';
import {beginOf, beginsPhase, entriesOf, find, insertAfter} from './journals.ts';

const pass = entriesOf('pass');
const rollbackAt = beginOf(pass, 'rollback');
const died = find(pass, 'probe.changed', ({probe, generation, to}) => {
  return probe === 'token' && generation === 1 && to === 'denied';
});
const at = (beforeRollbackMs: number): string => new Date(rollbackAt - beforeRollbackMs).toISOString();

type Seen = readonly [
  to: 'allowed' | 'denied' | 'indeterminate' | 'unreachable',
  beforeRollbackMs: number,
  phase?: 'restored',
];

/** A whole run in which the token was seen like this after its death, by the time left until rollback. */
function seen(entries: readonly Entry[], ...changes: readonly Seen[]): readonly Entry[] {
  return changes.toReversed().reduce<readonly Entry[]>((before, [to, ms, phase = 'settle' as const]) => {
    const receivedAt = rollbackAt - ms;
    const data = {...died, phase, to, code: to === 'indeterminate' ? '500' : 'x', sentAt: receivedAt - 1, receivedAt};
    return insertAfter(before, 'phase.started', beginsPhase(phase), {type: 'probe.changed', data});
  }, entries);
}

const tokenOf = (entries: readonly Entry[]): AccessResult | undefined => judge(entries).access.token;
const reasonOf = (entries: readonly Entry[]): string | undefined => {
  const {state, reasons} = judge(entries).criteria['access-removed'];
  expect(state).toBe('unmet');
  return reasons[0];
};

describe('verdict/flips', () => {
  it('finds none in what stayed dead', () => {
    expect(tokenOf(pass)).not.toHaveProperty('flips');
  });

  it('tells what flipped back and was dead again to the end, by its times, and fails it', () => {
    const entries = seen(pass, ['allowed', 3000], ['denied', 2200]);

    expect(tokenOf(entries)).toMatchObject({surface: 'survives', resurrectedAt: at(3000)});
    expect(tokenOf(entries)?.flips).toEqual([
      {
        deadAt: new Date(died.receivedAt).toISOString(),
        allowedAt: at(3000),
        allowedAfterMs: Math.round(rollbackAt - 3000 - died.receivedAt),
        deadAgainAt: at(2200),
        allowedForMs: 800,
        stayedDead: true,
      },
    ]);
    expect(reasonOf(entries)).toBe(
      `\`token\` flipped back: dead at ${new Date(died.receivedAt).toISOString()}, allowed again 2.11s later, for 800ms, and dead from ${at(2200)} on to the end of settle. So answers what is eventually consistent, a cache, or another instance that had not heard of it; whoever held it was served for so long. Find what answered, and run again.`,
    );
  });

  it('adds up what flipped more than once', () => {
    const entries = seen(pass, ['allowed', 4000], ['denied', 3500], ['allowed', 2000], ['denied', 1750]);

    expect(tokenOf(entries)?.flips).toMatchObject([
      {allowedAt: at(4000), deadAgainAt: at(3500), allowedForMs: 500, stayedDead: false},
      {deadAt: at(3500), allowedAt: at(2000), allowedAfterMs: 1500, allowedForMs: 250, stayedDead: true},
    ]);
    expect(reasonOf(entries)).toContain('`token` flipped back 2 times: dead at ');
    expect(reasonOf(entries)).toContain(`, for 750ms in all, and dead from ${at(1750)} on to the end of settle.`);
  });

  it('tells what came back to life from what flipped back', () => {
    const stayed = seen(pass, ['allowed', 3000]);
    const flippedFirst = seen(pass, ['allowed', 4000], ['denied', 3500], ['allowed', 2000]);

    expect(reasonOf(stayed)).toContain(' and stayed alive to the end of settle: revived, or given out anew.');
    expect(tokenOf(stayed)?.flips).toEqual([
      expect.not.objectContaining({deadAgainAt: expect.anything(), allowedForMs: expect.anything()}),
    ]);
    expect(tokenOf(stayed)?.flips).toMatchObject([{stayedDead: false}]);
    expect(reasonOf(flippedFirst)).toContain(
      ' or after it, was dead again once, and stayed alive to the end of settle',
    );
  });

  it('does not call dead to the end what was last something else', () => {
    const blurred = seen(pass, ['allowed', 4000], ['denied', 3500], ['indeterminate', 2000]);
    const stopped = seen(pass, ['allowed', 4000], ['unreachable', 2000]);

    expect(tokenOf(blurred)?.flips).toMatchObject([{deadAgainAt: at(3500), stayedDead: false}]);
    expect(reasonOf(blurred)).toContain(
      'was dead again once, and was then `indeterminate` (500) to the end of settle.',
    );
    expect(reasonOf(stopped)).toContain('or after it, and was then `unreachable` (x) to the end of settle.');
  });

  it('counts how often it was dead in between', () => {
    const entries = seen(
      pass,
      ...([
        ['allowed', 4000],
        ['denied', 3800],
        ['allowed', 3500],
        ['denied', 3000],
        ['allowed', 2000],
      ] as const),
    );

    expect(reasonOf(entries)).toContain(' or after it, was dead again 2 times, and stayed alive');
  });

  it('counts from the first death of a row, whatever else was told of it', () => {
    const entries = seen(pass, ['indeterminate', 4600], ['denied', 4500], ['allowed', 4000], ['denied', 3500]);

    expect(tokenOf(entries)?.flips).toMatchObject([{deadAt: new Date(died.receivedAt).toISOString()}]);
  });

  it('counts one flip where an answer in between said nothing', () => {
    const before = seen(pass, ['indeterminate', 4500], ['allowed', 4000], ['denied', 3500]);
    const within = seen(pass, ['allowed', 4000], ['indeterminate', 3800], ['allowed', 3700], ['denied', 3500]);

    expect(tokenOf(before)?.flips).toMatchObject([{deadAt: new Date(died.receivedAt).toISOString()}]);
    expect(tokenOf(within)?.flips).toMatchObject([{allowedAt: at(4000), allowedForMs: 500, stayedDead: true}]);
  });

  it('says nothing of the end of settle in a run that was cut short', () => {
    const cut = insertAfter(seen(pass, ['allowed', 3000], ['denied', 2200]), 'phase.started', beginsPhase('settle'), {
      type: 'interruption',
      data: {cause: 'SIGINT', count: 1, at: 0},
    });

    expect(tokenOf(cut)?.flips).toMatchObject([{stayedDead: false}]);
    expect(reasonOf(cut)).toContain(`and dead from ${at(2200)} on until the run was cut short.`);
  });

  it('leaves what is allowed after rollback to its own sentence', () => {
    const entries = seen(pass, ['allowed', -2000, 'restored']);

    expect(tokenOf(entries)).not.toHaveProperty('flips');
    expect(reasonOf(entries)).toContain('the old credential came back to life after rollback');
  });

  it('finds one in what carries no credential, and was only unreachable', () => {
    const gone = find(pass, 'probe.changed', ({probe, to}) => probe === 'tool' && to === 'unreachable');
    const flip = (to: 'allowed' | 'unreachable', ms: number) =>
      ({
        type: 'probe.changed',
        data: {...gone, phase: 'settle', to, sentAt: rollbackAt - ms, receivedAt: rollbackAt - ms},
      }) as const;
    const back = insertAfter(pass, 'phase.started', beginsPhase('settle'), flip('unreachable', 2000));

    const entries = insertAfter(back, 'phase.started', beginsPhase('settle'), flip('allowed', 3000));

    expect(judge(entries).access.tool?.flips).toMatchObject([{allowedForMs: 1000, stayedDead: true}]);
  });
});
