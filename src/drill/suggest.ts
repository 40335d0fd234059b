import {distance} from 'fastest-levenshtein';

/** What was probably meant: the nearest candidate, when few enough characters differ. */
export function suggest(word: string, given: Iterable<string>): string | undefined {
  const candidates = [...given];
  if (word.length > longest) return undefined;
  const asked = word.toLowerCase();
  let best: {readonly candidate: string; readonly away: number} | undefined;
  for (const candidate of candidates) {
    const away = slips(asked, candidate.toLowerCase());
    if (candidate !== word && away <= tolerance(word) && away < (best?.away ?? Number.POSITIVE_INFINITY)) {
      best = {candidate, away};
    }
  }
  return best?.candidate ?? completion(asked, candidates);
}

/** Letters in another order are one slip, however many they are. */
function slips(a: string, b: string): number {
  const sorted = (text: string): string => [...text].sort().join('');
  return sorted(a) === sorted(b) ? 1 : distance(a, b);
}

/** The one candidate of which the word is the first part: `deliver` for `deliver-to`. */
function completion(asked: string, candidates: readonly string[]): string | undefined {
  const [only, another] = candidates.filter((candidate) => candidate.toLowerCase().startsWith(`${asked}-`));
  return another === undefined ? only : undefined;
}

const longest = 80;

/** One slip in a short word, two in most, four at most. */
function tolerance({length}: string): number {
  return length <= 3 ? 1 : Math.max(2, Math.min(4, Math.floor(length / 3)));
}
