import {describe, expect, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';
import {edit, loadText, problemsOf} from '../load-flagship.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a dependent that is asked too seldom': {
    code: 'asked-too-seldom',
    edits: [['every: 500ms', 'every: «3s']],
    says: "Expected `every` to be at most half of `settle` (5s), got `3s`: what is asked so seldom can't be shown to stay well.",
  },
  'an access that is asked too seldom': {
    code: 'asked-too-seldom',
    edits: [['session: held, ', 'session: held, every: «1m, ']],
    says: "can't be shown to stay dead",
  },
};

describe('drill/rules/check-timing', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });

  it('points at each that is asked by default, where settle is too short for it', async () => {
    const {text} = edit(['settle: 5s', 'settle: 1s']);

    const problems = problemsOf(await loadText(text));

    expect(new Set(problems.map(({code}) => code))).toEqual(new Set(['asked-too-seldom']));
    expect(problems.map(({path}) => path)).toContain('access.token');
    expect(problems[0]?.message).toContain('got the default of `1s`');
  });

  it('takes half of settle', async () => {
    const {text} = edit(['every: 500ms', 'every: 2500ms']);

    expect(problemsOf(await loadText(text))).toEqual([]);
  });
});
