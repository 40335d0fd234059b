// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'an access counted from an unknown step': {
    code: 'unknown-step',
    edits: [['denied-within: 20s}', 'denied-within: 20s, after: «revoke-token}']],
    suggestion: 'revoke-tokens',
  },
  'a credential that is expected to be unreachable': {
    code: 'unreachable-credential',
    edits: [
      [
        '"${{ capture.token.token }}"}, denied-within',
        '"${{ capture.token.token }}"}, expect: [denied, «unreachable], denied-within',
      ],
    ],
  },
  'a held session of a probe that holds none': {
    code: 'not-holdable',
    edits: [
      ['login-again:     {uses: vault/approle-login,', 'login-again:     {uses: vault/approle-login, session: «held,'],
    ],
  },
  'an instance that the probe can not see': {
    code: 'no-instance',
    edits: [
      [
        'uses: http/get, with: {url: "${{ vars.checkout }}/orders", status: [200]}, every: 250ms, availability: 100%, instance',
        'uses: http/ping, with: {url: "${{ vars.checkout }}/orders"}, every: 250ms, availability: 100%, «instance',
      ],
    ],
  },
  'an instance in another form': {
    code: 'bad-input',
    edits: [['instance: json.startedAt', 'instance: «startedAt']],
  },
};

describe('drill/rules/check-access', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
