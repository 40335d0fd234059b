/** One `${{ context.name.field }}`, with its place in the text. */
export type Reference = {
  readonly context: 'env' | 'vars' | 'secrets' | 'capture' | 'steps';
  /** What follows the context: `['token', 'token']` for `capture.token.token`. */
  readonly path: readonly string[];
  /** As written, with the braces. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

const pattern = /\$\{\{\s*([A-Za-z]+)((?:\.[A-Za-z0-9_-]+)+)\s*\}\}/g;
const contexts = ['env', 'vars', 'secrets', 'capture', 'steps'] as const;

/** The references in one scalar, in order. What looks like one and is none is found by `findMalformed`. */
export function findReferences(text: string): readonly Reference[] {
  const found: Reference[] = [];
  for (const match of text.matchAll(pattern)) {
    const context = contexts.find((name) => name === match[1]);
    if (context === undefined) continue;
    found.push({
      context,
      path: (match[2] ?? '').slice(1).split('.'),
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
    });
  }
  return found;
}

/** Each `${{` that is not the beginning of a well-formed reference, as offsets. */
export function findMalformed(text: string): readonly number[] {
  const wellFormed = new Set(findReferences(text).map(({start}) => start));
  return [...text.matchAll(/\$\{\{/g)].map(({index}) => index).filter((index) => !wellFormed.has(index));
}

/** The reference that a scalar consists of, if it is exactly one: it keeps its type. */
export function soleReference(text: string): Reference | undefined {
  const [first, ...others] = findReferences(text);
  return first !== undefined && others.length === 0 && first.start === 0 && first.end === text.length
    ? first
    : undefined;
}

/** All references anywhere in a value. */
export function referencesIn(value: unknown): readonly Reference[] {
  if (typeof value === 'string') return findReferences(value);
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(referencesIn);
  return [];
}
