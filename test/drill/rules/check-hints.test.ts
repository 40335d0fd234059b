import {describe, expect, it} from 'vitest';
import {expectMistake} from '../expect-mistake.ts';
import {edit, loadText, problemsOf} from '../load-flagship.ts';

const callTool =
  /uses: mcp\/call-tool, on: orders-mcp, with: \{[^\n]*?\}\}, expect: \[denied, unreachable\], instance: \S+,/;

describe('drill/rules/check-hints', () => {
  it('refuses a list as the only proof of an access', async () => {
    const {text} = edit();
    const [called = ''] = callTool.exec(text) ?? [];

    await expectMistake({
      code: 'hint-only',
      edits: [
        [called, 'uses: «mcp/list-tools, on: orders-mcp, with: {}, expect: [denied, unreachable],'],
        ['restarts: [tool]', 'restarts: []'],
      ],
      says: 'Expected another access on `orders-mcp`: `mcp/list-tools` is a hint',
    });
  });

  it('takes a list beside a call', async () => {
    const {text} = edit([
      'access:\n',
      'access:\n  list: {uses: mcp/list-tools, on: orders-mcp, expect: [unreachable], denied-within: 5s}\n',
    ]);

    expect(problemsOf(await loadText(text))).toEqual([]);
  });
});
