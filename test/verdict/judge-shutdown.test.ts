import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {beginsPhase, change, entriesOf, find, insertAfter, without} from './journals.ts';

const pass = entriesOf('pass');
const shutdown = (entries: readonly Entry[]) => judge(entries).criteria.shutdown;
const moments = [
  ['read-back', 'right after it'],
  ['after-shutdown', 'after the last step'],
  ['after-settle', 'at the end of settle'],
] as const;

describe('verdict/judge-shutdown', () => {
  it.each(moments)('is unproven where a step was not read back (%s)', (when, words) => {
    const entries = without(pass, 'step.inspected', (data) => data.step === 'revoke-tokens' && data.when === when);

    expect(shutdown(entries)).toEqual({
      state: 'unproven',
      reasons: [`Step \`revoke-tokens\` was not read back ${words}.`],
    });
  });

  it.each(moments)('is unproven where a step could not be read back (%s)', (when, words) => {
    const entries = change(
      pass,
      'step.inspected',
      (data) => data.step === 'revoke-tokens' && data.when === when,
      (data) => ({...data, found: 'unknown'}),
    );

    expect(shutdown(entries)).toEqual({
      state: 'unproven',
      reasons: [`Step \`revoke-tokens\` could not be read back ${words}.`],
    });
  });

  it('goes by the last read-back of each moment', () => {
    const first = find(pass, 'step.inspected', ({step, when}) => step === 'revoke-tokens' && when === 'after-settle');
    const data = {...first, found: 'partly' as const};
    const isIt = ({step, when}: typeof first): boolean => step === 'revoke-tokens' && when === 'after-settle';
    const before = insertAfter(pass, 'phase.started', beginsPhase('settle'), {type: 'step.inspected', data});
    const after = insertAfter(pass, 'step.inspected', isIt, {type: 'step.inspected', data});

    expect(shutdown(before).state).toBe('met');
    expect(shutdown(after).state).toBe('unmet');
  });

  it('expects no more than the first read-back where the run did not settle', () => {
    const entries = without(
      without(pass, 'phase.started', beginsPhase('settle')),
      'step.inspected',
      ({when}) => when !== 'read-back',
    );

    expect(shutdown(entries).reasons).toEqual(['The run did not settle after the last step.']);
  });

  it('is unproven where nothing tells how a step ended', () => {
    expect(shutdown(without(pass, 'step.succeeded', ({step}) => step === 'revoke-tokens')).reasons).toEqual([
      'Step `revoke-tokens` was started, and its end is not known.',
    ]);
  });

  it('is unproven where only rollbacks were run, or nothing', () => {
    const restores = change(
      pass,
      'run.started',
      () => true,
      (data) => ({...data, restores: true as const}),
    );

    expect(shutdown(restores).reasons).toEqual(['No step was run: this only brought things back.']);
    expect(shutdown(entriesOf('until-baseline')).reasons).toEqual(
      find(pass, 'run.planned').steps.map(({id}) => `Step \`${id}\` was not started.`),
    );
  });

  it.each(['not-applied', 'partly'] as const)('is unmet where something was minted meanwhile (%s)', (found) => {
    const entries = change(
      pass,
      'step.inspected',
      ({step, when}) => step === 'revoke-tokens' && when === 'after-settle',
      (data) => ({...data, found}),
    );

    expect(shutdown(entries)).toEqual({
      state: 'unmet',
      reasons: [`Step \`revoke-tokens\` was found \`${found}\` at the end of settle.`],
    });
  });

  it('is unmet where a step failed, and says why', () => {
    const entries = insertAfter(pass, 'step.started', ({step}) => step === 'end-sessions', {
      type: 'step.failed',
      data: {step: 'end-sessions', at: 0, code: 'forbidden', message: 'Expected to end them, got 42501.'},
    });

    expect(shutdown(entries).reasons).toEqual([
      'Step `end-sessions` failed (forbidden): Expected to end them, got 42501.',
    ]);
    expect(judge(entries)).toMatchObject({verdict: 'fail', status: 'aborted'});
  });

  it('is unproven where a step was cut short by an interruption', () => {
    const entries = insertAfter(pass, 'step.started', ({step}) => step === 'end-sessions', {
      type: 'step.failed',
      data: {step: 'end-sessions', at: 0, code: 'interrupted', message: 'The run was interrupted.'},
    });

    expect(shutdown(entries)).toEqual({
      state: 'unproven',
      reasons: ['Step `end-sessions` was cut short by the interruption.'],
    });
  });

  it('is unproven where a step was not started', () => {
    const entries = without(pass, 'step.started', ({step}) => step === 'end-sessions');

    expect(shutdown(entries)).toEqual({state: 'unproven', reasons: ['Step `end-sessions` was not started.']});
  });
});
