const longest = 60;

/** A value as a message may show it: short, on one line, and cut, since nobody knows what a long one is. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return quote(String(value));
}

/** The same for a word of the user's own. */
export function quote(text: string): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ').replaceAll('`', "'");
  return line.length > longest ? `\`${line.slice(0, longest)}…\`` : `\`${line}\``;
}

/** `` `a`, `b` or `c` `` */
export function listOf(words: readonly string[], last = 'or'): string {
  const quoted = words.map((word) => `\`${word}\``);
  const [only] = quoted;
  if (quoted.length <= 1) return only ?? 'nothing';
  return `${quoted.slice(0, -1).join(', ')} ${last} ${quoted.at(-1)}`;
}
