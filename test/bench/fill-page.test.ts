import {describe, expect, it} from 'vitest';
import {fillPage} from '../../bench/fill-page.ts';

const page =
  'before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nbetween\n<!-- soak: begin -->\n<!-- soak: end -->\n';

describe('bench/fill-page', () => {
  it('replaces what stands between its own markers alone', () => {
    expect(fillPage(page, 'bench', 'new')).toBe(page.replace('old', 'new'));
  });

  it('gives the same page when it is filled twice', () => {
    const once = fillPage(page, 'soak', 'table');

    expect(fillPage(once, 'soak', 'table')).toBe(once);
  });

  it.each(['no marker', '<!-- bench: end --><!-- bench: begin -->'])('refuses a page of %s', (text) => {
    expect(() => fillPage(text, 'bench', 'new')).toThrow('Put them back');
  });
});
