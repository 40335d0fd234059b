import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {columnsOf, cutColumns, padColumns} from '../../src/report/columns.ts';

const red = '\u001b[31m';
const plain = '\u001b[39m';
const text = fc.string({unit: fc.oneof(fc.string({unit: 'grapheme', maxLength: 2}), fc.constantFrom(red, plain))});

describe('report/columns', () => {
  it.each([
    ['token', 5],
    ['注文', 4],
    ['주문', 4],
    ['ｶﾅ', 2],
    ['Ａ', 2],
    ['e\u0301\u0323', 1],
    ['a\u200bb', 2],
    ['✔ ◐ ↺', 5],
    ['🔑', 2],
    ['🇪🇺', 4],
    [`${red}ab${plain}`, 2],
    ['', 0],
  ])('counts the columns of %j', (given, columns) => {
    expect(columnsOf(given)).toBe(columns);
  });

  it('counts joined characters by themselves, as some terminals draw them', () => {
    expect(columnsOf('👩‍👧')).toBe(4);
    expect(columnsOf('❤️')).toBe(2);
  });

  it('cuts before a character that does not fit', () => {
    expect(cutColumns('注文x', 3)).toBe('注');
    expect(cutColumns('ae\u0301b', 2)).toBe('ae\u0301');
    expect(cutColumns('👩‍👧x', 3)).toBe('');
  });

  it('keeps the styles that end behind the cut', () => {
    expect(cutColumns(`${red}abc${plain}d`, 2)).toBe(`${red}ab${plain}`);
  });

  it('pads by columns', () => {
    expect(padColumns('注文', 6)).toBe('注文  ');
    expect(padColumns('longer', 3)).toBe('longer');
  });

  it('never leaves more than asked, and only what was there', () => {
    fc.assert(
      fc.property(text, fc.nat(20), (given, width) => {
        const cut = cutColumns(given, width);

        expect(columnsOf(cut)).toBeLessThanOrEqual(width);
        expect(withoutStyles(given).startsWith(withoutStyles(cut))).toBe(true);
        expect(cut.isWellFormed()).toBe(given.isWellFormed());
      }),
    );
  });
});

function withoutStyles(styled: string): string {
  return styled.replaceAll(red, '').replaceAll(plain, '');
}
