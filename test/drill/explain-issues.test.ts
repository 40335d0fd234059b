import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from './expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'an unknown key at the root': {
    code: 'unknown-key',
    edits: [['settle: 5s', '«setle: 5s']],
    says: 'Unknown key `setle`.',
    suggestion: 'settle',
  },
  'an unknown key in place of a required one': {
    code: 'unknown-key',
    edits: [['title:', '«titel:']],
    suggestion: 'title',
  },
  'an unknown key of an access': {
    code: 'unknown-key',
    edits: [['denied-within: 20s', '«denied-withn: 20s']],
    suggestion: 'denied-within',
  },
  'a missing owner': {
    code: 'missing-key',
    edits: [
      ['integration:\n', '«integration:\n'],
      ['  owner: payments-platform@example.com', ''],
    ],
    says: 'Expected `owner` in `integration`, got nothing.',
  },
  'an owner that is nobody': {code: 'bad-value', edits: [['owner: payments-platform@example.com', 'owner: «""']]},
  'a version that is not known': {
    code: 'bad-value',
    edits: [['version: 1', 'version: «2']],
    says: 'Expected `version` to be `1`, got `2`.',
  },
  'a name that is none': {code: 'bad-name', edits: [['checkout:  {', '«Checkout:  {']]},
  'a session of no kind': {
    code: 'bad-value',
    edits: [['session: held', 'session: «hold']],
    says: 'Expected `session` to be `new` or `held`, got `hold`.',
    suggestion: 'held',
  },
  'an expectation that is no state': {
    code: 'bad-value',
    edits: [['expect: [denied, unreachable]', 'expect: [«denid, unreachable]']],
    says: 'Expected `expect[0]` to be `denied` or `unreachable`, got `denid`.',
    suggestion: 'denied',
  },
  'a check that every answer meets': {
    code: 'bad-value',
    edits: [['expect: [unreachable]', 'expect: «[allowed, denied, unreachable]']],
    says: 'a check that every answer meets checks nothing',
  },
  'a check that expects what says nothing': {
    code: 'bad-value',
    edits: [['expect: [unreachable]', 'expect: [«indeterminate]']],
  },
  'a bare number for a duration': {
    code: 'bad-duration',
    edits: [['every: 250ms', 'every: «250']],
    says: 'Expected `every` to be a duration such as `250ms`, got `250`.',
  },
  'a duration in words': {
    code: 'bad-duration',
    edits: [['settle: 5s', 'settle: «five seconds']],
    says: 'Expected `settle` to be a duration such as `250ms`, got `five seconds`.',
  },
  'a duration that a timer can not hold': {code: 'bad-duration', edits: [['settle: 5s', 'settle: «40d']]},
  'an interval of nothing': {code: 'bad-duration', edits: [['every: 250ms', 'every: «0s']]},
  'an availability without a percent sign': {
    code: 'bad-value',
    edits: [['availability: 100%', 'availability: «99.5']],
    says: 'Expected `availability` to be text, got `99.5`.',
  },
  'an operation without a driver': {code: 'bad-value', edits: [['uses: vault/revoke-leases', 'uses: «revoke-leases']]},
};

describe('drill/explain-issues', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
