/** Every character that a terminal acts on, or that hides or reorders text. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Makes control, escape, direction and invisible characters visible as `\u{…}`, so that text from outside can't drive a
 * terminal. Line feeds and tabs stay.
 */
export function sanitize(text: string): string {
  return text.replace(unsafe, (character) =>
    character === '\n' || character === '\t' ? character : makeVisible(character),
  );
}

/** The same for text that is to stay one line. */
export function sanitizeLine(text: string): string {
  return text.replace(unsafe, makeVisible);
}

/** The same for a text that is JSON, which means the same afterwards. Line feeds between its parts stay. */
export function sanitizeJson(json: string): string {
  return json.replace(unsafe, (character) => (character === '\n' ? character : escapeUnits(character)));
}

function makeVisible(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function escapeUnits(character: string): string {
  return Array.from(
    {length: character.length},
    (_unit, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
