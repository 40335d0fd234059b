// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {describe, expect, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';
import {edit, loadText, problemsOf} from '../load-flagship.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a secret in the words of a command': {
    code: 'exposed-secret',
    edits: [
      [
        'argv: [node, lab/cli.ts, stop, orders-mcp]',
        'argv: [node, lab/cli.ts, stop, "--password=«${{ secrets.db-admin }}"]',
      ],
    ],
    says: 'Hand it over in `env`.',
  },
  'a secret field of a capture in the words of a rollback': {
    code: 'exposed-secret',
    edits: [
      ['argv: [node, lab/cli.ts, start, orders-mcp]', 'argv: [node, lab/cli.ts, start, "«${{ capture.token.token }}"]'],
    ],
    says: 'Expected no secret in `argv`, got `${{ capture.token.token }}`',
  },
};

describe('drill/rules/check-exposed', () => {
  it.each(Object.entries(mistakes))('reports %s', (_name, mistake) => expectMistake(mistake));

  it('takes a secret in the environment of a command, and a field that is none in its words', async () => {
    const {text} = edit([
      'argv: [node, lab/cli.ts, stop, orders-mcp]',
      'argv: [node, lab/cli.ts, stop, "${{ capture.token.accessor }}"], env: {PASSWORD: "${{ secrets.db-admin }}"}',
    ]);

    expect(problemsOf(await loadText(text))).toEqual([]);
  });
});
