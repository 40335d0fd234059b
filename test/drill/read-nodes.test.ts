import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from './expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a duplicate key': {
    code: 'duplicate-key',
    edits: [['settle: 5s', 'settle: 5s\n«settle: 6s']],
    says: 'Expected `settle` once, got it again.',
  },
};

describe('drill/read-nodes', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
