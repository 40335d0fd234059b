import {sanitizeJson} from '../util/sanitize.ts';

export type Redact = (text: string) => string;

/**
 * The value as JSON without secrets, and without a character by which what came from outside could drive the terminal of
 * whoever looks at the file. The serialised text is what is redacted, so that nothing passes by in a key or a
 * nested text; where that would leave no JSON (a secret of digits in a number, one that cuts an escape in two), each key and leaf is.
 */
export function serializeRedacted(value: unknown, redact: Redact, indent?: number): string {
  return sanitizeJson(withoutSecrets(value, redact, indent));
}

function withoutSecrets(value: unknown, redact: Redact, indent: number | undefined): string {
  const plain = JSON.stringify(value, null, indent);
  const redacted = redact(plain);
  if (redacted === plain || isJson(redacted)) return redacted;
  return JSON.stringify(redactLeaves(JSON.parse(plain), redact), null, indent);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function redactLeaves(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'number') return redactNumber(value, redact);
  if (Array.isArray(value)) return value.map((item) => redactLeaves(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [redact(key), redactLeaves(child, redact)]));
}

/** A number is a secret as a whole or not at all: six digits in a time are there by chance, and the time is needed. */
function redactNumber(value: number, redact: Redact): number | string {
  const redacted = redact(String(value));
  return /^\[REDACTED:[^\]]*\]$/.test(redacted) ? redacted : value;
}
