/** Line feeds and tabs stay; every other character that a terminal acts on, or that hides or reorders text, does not. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Makes control, escape, direction and invisible characters visible as `\u{…}`, so that text from outside can't drive a terminal. */
export function sanitize(text: string): string {
  return text.replace(unsafe, (character) =>
    character === '\n' || character === '\t' ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
