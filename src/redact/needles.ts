import {sanitize, sanitizeJson, sanitizeLine} from '../util/sanitize.ts';

/** Shorter texts can't be told from ordinary words. */
export const shortestNeedle = 6;

/**
 * Every text by which a secret may show itself: as it is, by line, by string leaf where it is JSON, and each of those in
 * the encodings that logs, URLs, reports and shells put it in. Halves of a secret, and hashes, are not among them.
 */
export function needlesOf(secret: string): ReadonlySet<string> {
  const needles = new Set<string>();
  for (const part of partsOf(secret)) {
    for (const encoded of encodingsOf(part)) {
      const once = jsonEscape(encoded);
      for (const text of [encoded, once, jsonEscape(once)]) {
        if (text.length >= shortestNeedle) needles.add(text);
      }
    }
  }
  return needles;
}

function partsOf(secret: string): ReadonlySet<string> {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  const parts = [secret, secret.trim(), ...lines.filter((line) => !isPemBoundary(line)), ...leavesOf(secret)];
  return new Set(parts.filter((part) => part.trim().length >= shortestNeedle));
}

/** The same in every PEM file. */
function isPemBoundary(line: string): boolean {
  return /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/.test(line);
}

function leavesOf(secret: string): readonly string[] {
  if (!/^\s*[[{"]/.test(secret)) return [];
  const leaves: string[] = [];
  try {
    JSON.parse(secret, (_key, value: unknown) => {
      if (typeof value === 'string') leaves.push(value);
      return value;
    });
  } catch {
    return [];
  }
  return leaves;
}

function* encodingsOf(part: string): Generator<string> {
  yield part;
  yield* jsonDialectsOf(part);
  yield* base64CoresOf(Buffer.from(part));
  const hex = Buffer.from(part).toString('hex');
  yield hex;
  yield hex.toUpperCase();
  yield* percentFormsOf(part);
  yield* markupFormsOf(part);
  yield* shellFormsOf(part);
  yield sanitize(part);
  yield sanitizeLine(part);
}

/** What other writers of JSON escape: everything but ASCII, `/`, or what HTML would act on; and what our own do. */
function* jsonDialectsOf(part: string): Generator<string> {
  const escaped = jsonEscape(part);
  yield sanitizeJson(escaped);
  yield escaped.replace(/[^ -~]/g, toUnicodeEscape);
  yield escaped.replaceAll('/', '\\/');
  yield escaped.replace(/[<>&]/g, toUnicodeEscape);
}

/**
 * The part inside a longer text shifts the base64 of it by none, one or two bytes; what lies wholly inside its own six-bit
 * groups is the same whatever stands before and after.
 */
function* base64CoresOf(bytes: Buffer): Generator<string> {
  for (const shift of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const core = text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    yield core;
    yield core.replaceAll('+', '-').replaceAll('/', '_');
  }
}

function* percentFormsOf(part: string): Generator<string> {
  const component = encodeURIComponent(part.toWellFormed());
  const strict = component.replace(/[!'()*]/g, toPercentEscape);
  const form = new URLSearchParams([['', part]]).toString().slice(1);
  for (const text of [component, strict, component.replaceAll('%20', '+'), form]) {
    yield text;
    yield text.replace(/%[0-9A-F]{2}/g, (triplet) => triplet.toLowerCase());
  }
}

function* markupFormsOf(part: string): Generator<string> {
  const text = part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  yield text;
  const quoted = text.replaceAll('"', '&quot;');
  yield quoted;
  for (const apostrophe of ['&#39;', '&#x27;', '&apos;']) yield quoted.replaceAll("'", apostrophe);
}

function* shellFormsOf(part: string): Generator<string> {
  yield part.replaceAll("'", "'\\''");
  yield part.replaceAll("'", `'"'"'`);
  yield part.replaceAll('"', '\\"');
  yield part.replace(/["$`\\]/g, '\\$&');
  yield part.replace(/[^A-Za-z0-9_@%+=:,./-]/g, '\\$&');
}

function jsonEscape(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function toUnicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function toPercentEscape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
