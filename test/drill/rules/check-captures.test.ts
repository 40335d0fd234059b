// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const secretId = '"${{ secrets.secret-id }}"}}\n  db-user';

const mistakes: Readonly<Record<string, Mistake>> = {
  'captures in a circle': {
    code: 'reference-cycle',
    edits: [
      ['  token:    {', '  «token:    {'],
      [secretId, '"${{ capture.db-user.password }}"}}\n  db-user'],
    ],
    says: '`token` → `db-user` → `token`',
  },
  'a capture that no access uses': {
    code: 'unused-capture',
    edits: [
      ['  holdings: {uses: vault/holdings, on', '  «holdings: {uses: vault/holdings, on'],
      [
        '  holdings:        {uses: vault/holdings-alive, on: vault, with: {holdings: "${{ capture.holdings }}"}, denied-within: 15s}\n',
        '',
      ],
    ],
  },
};

describe('drill/rules/check-captures', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
