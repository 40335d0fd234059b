import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a secret from two places': {
    code: 'bad-secret',
    edits: [
      ['  db-admin: {env: OFFDRILL_DB_ADMIN_PASSWORD}', '  «db-admin: {env: OFFDRILL_DB_ADMIN_PASSWORD, file: x}'],
    ],
  },
  'a secret from nowhere': {
    code: 'bad-secret',
    edits: [['  db-admin: {env: OFFDRILL_DB_ADMIN_PASSWORD}', '  «db-admin: {}']],
  },
};

describe('drill/rules/check-secrets', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
