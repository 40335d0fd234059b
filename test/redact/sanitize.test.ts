import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {sanitize} from '../../src/redact/sanitize.ts';

describe('redact/sanitize', () => {
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
});
