import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, insertAfter, without} from './journals.ts';

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

  it.each(moments)('is unproven where a step could not be read back (%s)', (when) => {
    const entries = change(
      pass,
      'step.inspected',
      (data) => data.step === 'revoke-tokens' && data.when === when,
      (data) => ({...data, found: 'unknown'}),
    );

    expect(shutdown(entries).state).toBe('unproven');
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

    expect(shutdown(entries).state).toBe('unproven');
  });

  it('is unproven where a step was not started', () => {
    const entries = without(pass, 'step.started', ({step}) => step === 'end-sessions');

    expect(shutdown(entries)).toEqual({state: 'unproven', reasons: ['Step `end-sessions` was not started.']});
  });
});
