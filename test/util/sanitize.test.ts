import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {sanitize, sanitizeJson, sanitizeLine} from '../../src/util/sanitize.ts';

describe('util/sanitize', () => {
  it.each([
    ['an escape sequence', '\u001b[2J', '\\u{1b}[2J'],
    ['a carriage return', 'ok\rno', 'ok\\u{d}no'],
    ['a C1 control', 'a\u009b31m', 'a\\u{9b}31m'],
    ['a direction override', 'user\u202etxt.exe', 'user\\u{202e}txt.exe'],
    ['a direction isolate', '\u2066a', '\\u{2066}a'],
    ['a zero-width space', 'ad\u200bmin', 'ad\\u{200b}min'],
    ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
  ])('makes %s visible', (_name, text, shown) => {
    expect(sanitize(text)).toBe(shown);
  });

  it('keeps line feeds, tabs and letters of any script', () => {
    const text = 'ä\tб\n字 😀';

    expect(sanitize(text)).toBe(text);
  });

  it('leaves nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        expect(sanitize(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });

  it('leaves a line one line', () => {
    expect(sanitizeLine('a\nb\tc\u2028d')).toBe('a\\u{a}b\\u{9}c\\u{2028}d');
  });

  it('leaves JSON what it is, with nothing raw in it', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), fc.constantFrom(0, 2), (text, indent) => {
        const json = JSON.stringify({[text]: [text]}, null, indent);

        const sanitized = sanitizeJson(json);

        expect(JSON.parse(sanitized)).toEqual(JSON.parse(json));
        expect(sanitized).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });

  it('escapes DEL, C1, separators, directions and tags in JSON', () => {
    expect(sanitizeJson(JSON.stringify('\u007f\u009b\u2028\u202e\u{e0041}ä'))).toBe(
      '"\\u007f\\u009b\\u2028\\u202e\\udb40\\udc41ä"',
    );
  });
});
