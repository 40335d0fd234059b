import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {beginsPhase, entriesOf, insertAfter, recount, without} from './journals.ts';

const pass = entriesOf('pass');
const evidence = (entries: readonly Entry[]) => judge(entries).criteria.evidence;

describe('verdict/judge-evidence', () => {
  it('is unproven where nobody searched for secrets, or closed the samples', () => {
    expect(evidence(without(pass, 'scan.finished'))).toEqual({
      state: 'unproven',
      reasons: ['The files of the run were not searched for secrets.'],
    });
    expect(evidence(without(pass, 'samples.closed'))).toEqual({
      state: 'unproven',
      reasons: ['The samples were not closed with their digest.'],
    });
  });

  it('expects both of each process', () => {
    const resumed = {type: 'run.resumed', data: {tool: '0', node: 'v24', at: 0}} as const;

    expect(evidence(insertAfter(pass, 'phase.started', beginsPhase('rollback'), resumed)).reasons).toEqual([
      'The files of the run were not searched for secrets.',
      'The samples were not closed with their digest.',
    ]);
  });

  it('is unproven where the journal was damaged, not for any other trouble', () => {
    const trouble = (where: string) =>
      ({type: 'trouble', data: {where, code: 'x', message: 'An entry is not on disk.'}}) as const;
    const at = (where: string) => evidence(insertAfter(pass, 'phase.started', beginsPhase('scan'), trouble(where)));

    expect(at('journal')).toEqual({
      state: 'unproven',
      reasons: ['The journal was damaged: An entry is not on disk.'],
    });
    expect(at('guard').state).toBe('met');
  });

  it('is unproven where the record does not go on to its end', () => {
    expect(evidence(without(pass, 'phase.started', beginsPhase('verdict'))).reasons).toEqual([
      'The record does not go on to its end.',
    ]);
  });

  it.each(['allowed', 'denied', 'unreachable', 'indeterminate'] as const)(
    'is unproven where samples were counted as %s and no change tells of it',
    (state) => {
      const [name, phase] = state === 'allowed' ? (['token', 'settle'] as const) : (['checkout', 'settle'] as const);

      expect(evidence(recount(pass, name, phase, {[state]: 2})).reasons).toEqual([
        `The record of \`${name}\` contradicts itself: 2 samples of settle were \`${state}\`, and no change to that is on record.`,
      ]);
    },
  );

  it('takes the state with which a phase began for seen', () => {
    expect(evidence(recount(pass, 'token', 'shutdown', {allowed: 3, denied: 3}))).toEqual({state: 'met', reasons: []});
    expect(evidence(recount(pass, 'token', 'baseline', {denied: 1})).state).toBe('unproven');
    expect(evidence(recount(pass, 'checkout', 'rollback', {denied: 1})).state).toBe('unproven');
  });
});
