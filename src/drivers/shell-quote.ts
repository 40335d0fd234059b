/** Something that only the drill's run knows: a secret, a capture. In a shell it stands as a variable. */
export type Unknown = {readonly variable: string; readonly reference: string};

/** A value as one word of a POSIX shell, which survives copy and paste. Where a reference still stands, a variable does. */
export function shellWord(value: unknown): string {
  const text = textOf(value);
  const words: string[] = [];
  let position = 0;
  for (const found of text.matchAll(referencePattern)) {
    if (found.index > position) words.push(quote(text.slice(position, found.index)));
    words.push(`"$${variableOf(found[1] ?? '')}"`);
    position = found.index + found[0].length;
  }
  if (position < text.length || words.length === 0) words.push(quote(text.slice(position)));
  return words.join('');
}

/** Text as an argument of `printf %b`, for lines in which control characters and line ends must arrive as they are. */
export function printfWord(text: string): string {
  return quoteSingle(text.replaceAll('\\', '\\\\').replace(unpasteable, octal));
}

/** What is not known in these values, each once, wherever in them it stands. */
export function unknownIn(...values: readonly unknown[]): readonly Unknown[] {
  const found = values.flatMap((value) => [...textOf(value).matchAll(referencePattern)]);
  return [...new Set(found.map(([, reference = '']) => reference))].map((reference) => ({
    variable: variableOf(reference),
    reference,
  }));
}

/** As references stand in a drill. */
const referencePattern = /\$\{\{\s*([A-Za-z]+(?:\.[A-Za-z0-9_-]+)+)\s*\}\}/g;
/** What a terminal, a log or a report would not show as it is, and so not give back; and `!`, which some shells take as a command. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are meant
const unpasteable = /[\u0000-\u001f!\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const plain = /^[\w./:@,+-][\w./:@,+=-]*$/;

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function variableOf(reference: string): string {
  return reference.replace(/\W/g, '_');
}

/** Text as one word, in which a reference is only shown. */
export function quote(text: string): string {
  if (plain.test(text)) return text;
  const isPasteable = !text.replaceAll('!', '').match(unpasteable);
  return isPasteable ? quoteSingle(text) : `"$(printf %b ${printfWord(text)})"`;
}

function quoteSingle(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function octal(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
}
