import {describe, expect, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';
import {edit, loadText, problemsOf} from '../load-flagship.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'an identity of an unknown system': {
    code: 'unknown-identity',
    edits: [['- {vault: {approle: checkout}}', '- {«valt: {approle: checkout}}']],
    suggestion: 'vault',
  },
  'an identity of a system that knows none': {
    code: 'unknown-identity',
    edits: [['- {vault: {approle: checkout}}', '- {«http: {approle: checkout}}']],
  },
  'an identity in another form': {
    code: 'unknown-input',
    edits: [['- {vault: {approle: checkout}}', '- {vault: {«aprole: checkout}}']],
    suggestion: 'approle',
  },
  production: {code: 'production', edits: [['environment: staging', 'environment: «Production']]},
  'a short name for production': {code: 'production', edits: [['environment: staging', 'environment: «PROD']]},
  'one production of several': {code: 'production', edits: [['environment: staging', 'environment: «production-eu']]},
  'production by another name': {code: 'production', edits: [['environment: staging', 'environment: «eu_live']]},
};

describe('drill/rules/check-identities', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });

  it.each(['pre-production', 'non-prod', 'staging', 'delivery', 'product-tests'])(
    'lets %s be taken apart',
    async (environment) => {
      const {text} = edit(['environment: staging', `environment: ${environment}`]);

      expect(problemsOf(await loadText(text)).map(({code}) => code)).toEqual([]);
    },
  );
});
