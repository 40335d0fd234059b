// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a malformed reference': {
    code: 'bad-reference',
    edits: [['"${{ vars.checkout }}/orders"', '"«${{ vars.checkout }/orders"']],
  },
  'a capture of several fields inside other text': {
    code: 'bad-reference',
    edits: [['sql: select 1}, denied', 'sql: "select «${{ capture.backends }}"}, denied']],
  },
  'a reference to nothing that exists': {
    code: 'unknown-reference',
    edits: [['password: "${{ secrets.db-admin }}"', 'password: "«${{ secret.db-admin }}"']],
    says: 'No references to `secret`.',
    suggestion: 'secrets',
  },
  'a reference to an unknown secret': {
    code: 'unknown-reference',
    edits: [['password: "${{ secrets.db-admin }}"', 'password: "«${{ secrets.db-admn }}"']],
    suggestion: 'secrets.db-admin',
  },
  'a reference to an unknown capture': {
    code: 'unknown-reference',
    edits: [['with: {token: "${{ capture.token.token }}"}', 'with: {token: "«${{ capture.tokn.token }}"}']],
    suggestion: 'capture.token.token',
  },
  'a reference to an unknown field of a capture': {
    code: 'unknown-reference',
    edits: [['with: {token: "${{ capture.token.token }}"}', 'with: {token: "«${{ capture.token.tokn }}"}']],
    says: 'It has: `token` and `accessor`.',
    suggestion: 'capture.token.token',
  },
  'a reference to a step': {
    code: 'unknown-reference',
    edits: [['prefix: database/creds/orders-mcp', 'prefix: "«${{ steps.stop-server.x }}"']],
    says: 'no step hands out values',
  },
  'a secret in a title': {
    code: 'tainted-reference',
    edits: [['title: The', 'title: «${{ secrets.db-admin }} The']],
  },
  'a secret field of a capture in a reason': {
    code: 'tainted-reference',
    edits: [['none: sessions are opened again on demand', 'none: "«${{ capture.token.token }} sessions"']],
  },
  'a variable where it is not read': {
    code: 'misplaced-reference',
    edits: [['environment: staging', 'environment: «${{ vars.environment }}']],
  },
  'a capture in a connection': {
    code: 'misplaced-reference',
    edits: [['user: offdrill', 'user: "«${{ capture.db-user.username }}"']],
  },
  'an identity from the environment': {
    code: 'identity-from-env',
    edits: [
      [
        '{vault: "${{ vars.vault }}", cluster: offdrill-lab}',
        '{vault: "${{ vars.vault }}", cluster: "«${{ env.CLUSTER }}"}',
      ],
    ],
  },
  'a guarded address from the environment': {
    code: 'identity-from-env',
    edits: [['{http: "${{ vars.checkout }}"}', '{http: "«${{ env.CHECKOUT }}"}']],
  },
  'an integration named by the environment': {
    code: 'identity-from-env',
    edits: [['identities: [{vault: {approle: orders-mcp}}]', 'identities: [{vault: {approle: "«${{ env.ROLE }}"}}]']],
  },
  'an identity from a variable': {
    code: 'guard-identity',
    edits: [
      [
        '{vault: "${{ vars.vault }}", cluster: offdrill-lab}',
        '{vault: "${{ vars.vault }}", cluster: "«${{ vars.cluster }}"}',
      ],
    ],
  },
};

describe('drill/rules/check-references', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
