import type {LineCounter} from 'yaml';
import type {Path} from './path.ts';

/** A part of the text, as offsets. */
export type Span = {readonly start: number; readonly end: number};

/** Counted from 1; `length` is at least 1 and stays on the line. */
export type Place = {readonly line: number; readonly column: number; readonly length: number};

/** What a path leads to. The root and items of lists have no key. */
export type Spans = {readonly key?: Span; readonly value: Span};

/** A YAML document as a plain value, in which each part knows where it stands in the text. */
export class Document {
  readonly value: unknown;
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #spans: ReadonlyMap<string, Spans>;

  constructor(text: string, lines: LineCounter, parts: {value: unknown; spans: ReadonlyMap<string, Spans>}) {
    this.#text = text;
    this.#lines = lines;
    this.value = parts.value;
    this.#spans = parts.spans;
  }

  /** The key at the end of a path, or the item of a list; the nearest thing above where there is none. */
  locate(path: Path): Place {
    const spans = this.#nearest(path);
    return this.place(spans.key ?? spans.value);
  }

  /** The value itself. */
  locateValue(path: Path): Place {
    return this.place(this.#nearest(path).value);
  }

  /** Each of these texts within one scalar, in the order in which they stand there. */
  locateWithin(path: Path, texts: readonly string[]): readonly Place[] {
    const {start, end} = this.#nearest(path).value;
    const source = this.#text.slice(start, end);
    let from = 0;
    return texts.map((text) => {
      const at = source.indexOf(text, from);
      if (at === -1) return this.place({start, end});
      from = at + text.length;
      return this.place({start: start + at, end: start + from});
    });
  }

  place({start, end}: Span): Place {
    const {line, col} = this.#lines.linePos(start);
    const newline = this.#text.indexOf('\n', start);
    const lineEnd = newline === -1 ? this.#text.length : newline;
    return {line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, Math.min(end, lineEnd) - start)};
  }

  #nearest(path: Path): Spans {
    for (let length = path.length; length > 0; length -= 1) {
      const spans = this.#spans.get(spanKey(path.slice(0, length)));
      if (spans !== undefined) return spans;
    }
    return {value: {start: 0, end: 1}};
  }
}

export function spanKey(path: Path): string {
  return path.join('\u0000');
}
