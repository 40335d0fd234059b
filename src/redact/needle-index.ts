import {shortestNeedle} from './needles.ts';

/** A stretch of a text, and whose secret it shows. */
export type Located = {readonly start: number; readonly end: number; readonly label: string};

const gramLength = shortestNeedle;
const filterBits = 20;
const base = 0x01000193;
/** `base` to the power of `gramLength`: takes the character that leaves the window out of the rolling hash. */
const leaving = Array.from({length: gramLength}).reduce((power: number) => Math.imul(power, base), 1);

/**
 * Finds thousands of needles in one pass. Each place in a text costs a rolling hash and one look at a bit table; only where
 * the bit is set are the needles that begin with these six characters compared, by length.
 */
export class NeedleIndex {
  readonly #labels = new Map<string, string>();
  /** By the first six characters, the lengths of the needles that begin with them, longest first. */
  readonly #lengths = new Map<string, readonly number[]>();
  readonly #filter = new Uint8Array(2 ** (filterBits - 3));
  #longest = 0;

  /** Characters of the longest needle. */
  get longest(): number {
    return this.#longest;
  }

  /** A needle that is known keeps its first label. */
  add(needle: string, label: string): void {
    if (needle.length < gramLength) throw new Error(`A needle of \`${label}\` has fewer than ${gramLength} characters`);
    if (this.#labels.has(needle)) return;
    this.#labels.set(needle, label);
    const gram = needle.slice(0, gramLength);
    const lengths = this.#lengths.get(gram) ?? [];
    if (!lengths.includes(needle.length)) {
      this.#lengths.set(
        gram,
        [...lengths, needle.length].sort((a, b) => b - a),
      );
    }
    const bit = bitOf(hashOf(gram));
    this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    this.#longest = Math.max(this.#longest, needle.length);
  }

  /** The longest needle at each place, in order of their starts. They may overlap. */
  *matches(text: string): Generator<Located> {
    if (this.#labels.size === 0) return;
    let hash = hashOf(text.slice(0, gramLength));
    for (let start = 0; start + gramLength <= text.length; start++) {
      if (this.#mayBeginHere(hash)) {
        const found = this.#longestAt(text, start);
        if (found !== undefined) yield found;
      }
      const next = text.charCodeAt(start + gramLength);
      hash = (Math.imul(hash, base) + next - Math.imul(text.charCodeAt(start), leaving)) | 0;
    }
  }

  #mayBeginHere(hash: number): boolean {
    const bit = bitOf(hash);
    return ((this.#filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  #longestAt(text: string, start: number): Located | undefined {
    for (const length of this.#lengths.get(text.slice(start, start + gramLength)) ?? []) {
      const label = this.#labels.get(text.slice(start, start + length));
      if (label !== undefined && start + length <= text.length) return {start, end: start + length, label};
    }
    return undefined;
  }
}

function hashOf(gram: string): number {
  let hash = 0;
  for (let at = 0; at < gram.length; at++) hash = (Math.imul(hash, base) + gram.charCodeAt(at)) | 0;
  return hash;
}

function bitOf(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> (32 - filterBits);
}
