import {type Located, NeedleIndex} from './needle-index.ts';
import {needlesOf, shortestNeedle} from './needles.ts';

/** Knows every secret of a run, and keeps them out of whatever is written or shown. */
export type Redactor = {
  /** Makes a secret known, in all its encodings. Throws where it has fewer than six characters: it could not be kept out. */
  add(secret: string, label: string): void;
  /** The text with `[REDACTED:<label>]` where a secret stood. The replacement is safe inside a JSON string. */
  redact(text: string): string;
  /** The labels of the secrets that stand in the text. */
  find(text: string): readonly string[];
  /** Where secrets stand; what overlaps is one stretch. */
  locate(text: string): readonly Located[];
  /** How many secrets are known. */
  readonly size: number;
  /** Characters of the longest text that is looked for. */
  readonly longest: number;
};

export function createRedactor(): Redactor {
  const index = new NeedleIndex();
  const secrets = new Set<string>();
  const markers = new Set<string>();
  const locate = (text: string): readonly Located[] => merge(outsideMarkers(index.matches(text), text, markers));
  return {
    add(secret, label) {
      if (secret.trim().length < shortestNeedle) {
        throw new Error(
          `Expected secret \`${label}\` to have at least ${shortestNeedle} characters: a shorter one can't be kept out of records.`,
        );
      }
      if (secrets.has(secret)) return;
      secrets.add(secret);
      const safe = safeLabel(label);
      markers.add(markerOf(safe));
      for (const needle of needlesOf(secret)) index.add(needle, safe);
    },
    redact: (text) => replace(text, locate(text)),
    find: (text) => [...new Set(locate(text).map(({label}) => label))],
    locate,
    get size() {
      return secrets.size;
    },
    get longest() {
      return index.longest;
    },
  };
}

/** The text with each of these stretches replaced by its marker. */
export function replace(text: string, located: readonly Located[]): string {
  let replaced = '';
  let kept = 0;
  for (const {start, end, label} of located) {
    replaced += text.slice(kept, start) + markerOf(label);
    kept = end;
  }
  return replaced + text.slice(kept);
}

function markerOf(label: string): string {
  return `[REDACTED:${label}]`;
}

const longestLabel = 64;

function safeLabel(label: string): string {
  return label.replace(/[^A-Za-z0-9_./-]+/g, '-').slice(0, longestLabel);
}

/** A secret whose value is part of a label would otherwise be found in its own marker for ever. */
function* outsideMarkers(matches: Iterable<Located>, text: string, markers: ReadonlySet<string>): Generator<Located> {
  for (const match of matches) {
    if (!isInside(match, text, markers)) yield match;
  }
}

function isInside({start, end}: Located, text: string, markers: ReadonlySet<string>): boolean {
  const opening = '[REDACTED:';
  const from = Math.max(0, start - opening.length - longestLabel);
  const open = text.slice(from, end).lastIndexOf(opening, start - from);
  const close = open === -1 ? -1 : text.indexOf(']', from + open);
  return close >= end - 1 && markers.has(text.slice(from + open, close + 1));
}

function merge(matches: Iterable<Located>): readonly Located[] {
  const merged: Located[] = [];
  for (const match of matches) {
    const last = merged.at(-1);
    if (last === undefined || match.start >= last.end) merged.push(match);
    else merged[merged.length - 1] = {...last, end: Math.max(last.end, match.end)};
  }
  return merged;
}
