import {EventEmitter} from 'node:events';

/** `wraps`: the line goes on in the next row. A wide character stands in two cells, the second of them empty. */
type Row = {cells: string[]; wraps: boolean};

const segmenter = new Intl.Segmenter();
const wide = /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\ufe0f/u;
const noWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
const pieces = /(\u001b\[\??[\d;]*[A-Za-z]|\n|\r)/;

/** A terminal of a given size that keeps what was written to it and shows it as a real one does. A pipe has no width. */
export class Screen extends EventEmitter {
  readonly isTTY: boolean;
  columns: number;
  rows: number;
  written = '';
  cursorShown = true;
  autowrap = true;
  #rows: Row[] = [{cells: [], wraps: false}];
  #at = {row: 0, column: 0};

  constructor(options: {readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number} = {}) {
    super();
    this.isTTY = options.isTTY ?? true;
    this.columns = options.columns ?? (this.isTTY ? 80 : Number.POSITIVE_INFINITY);
    this.rows = options.rows ?? 24;
  }

  write(text: string): boolean {
    this.written += text;
    for (const piece of text.split(pieces)) {
      if (piece.startsWith('\u001b[')) this.#obey(piece);
      else if (piece === '\n') this.#feedLine(false);
      else if (piece === '\r') this.#at.column = 0;
      else for (const {segment} of segmenter.segment(piece)) this.#put(segment);
    }
    return true;
  }

  /** Makes it another size, as a window that is dragged. Most terminals wrap anew what stands there, others cut it off. */
  resize(columns: number, rows = this.rows, kind: 'wraps-anew' | 'cuts-off' = 'wraps-anew'): void {
    this.columns = columns;
    this.rows = rows;
    if (kind === 'cuts-off') for (const row of this.#rows) row.cells.length = Math.min(row.cells.length, columns);
    else this.#wrapAnew();
    this.emit('resize');
  }

  /** Every row that it shows or has shown, styles left out, to the last that is not empty. */
  get shown(): readonly string[] {
    return withoutEmptyEnd(this.#rows.map(textOf));
  }

  /** Only what is in the window. */
  get window(): readonly string[] {
    return withoutEmptyEnd(this.#rows.slice(this.#top).map(textOf));
  }

  /** Whether any row goes on in the next one. */
  get hasWrapped(): boolean {
    return this.#rows.some(({wraps}) => wraps);
  }

  /** As what a progress writes to. */
  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }

  get #top(): number {
    return Math.max(0, this.#rows.length - this.rows);
  }

  #put(character: string): void {
    const cells = noWidth.test(character) ? 0 : wide.test(character) ? 2 : 1;
    if (this.#at.column + cells > this.columns) {
      if (!this.autowrap) return;
      this.#feedLine(true);
    }
    const row = this.#row(this.#at.row);
    if (cells === 0) row.cells[this.#at.column - 1] += character;
    for (let cell = 0; cell < cells; cell++) row.cells[this.#at.column + cell] = cell === 0 ? character : '';
    this.#at.column += cells;
  }

  #feedLine(wraps: boolean): void {
    this.#row(this.#at.row).wraps = wraps;
    this.#at = {row: this.#at.row + 1, column: 0};
    this.#row(this.#at.row);
  }

  #row(index: number): Row {
    for (;;) {
      const row = this.#rows[index];
      if (row !== undefined) return row;
      this.#rows.push({cells: [], wraps: false});
    }
  }

  #obey(sequence: string): void {
    const count = Number.parseInt(sequence.slice(2), 10) || 1;
    const kind = sequence.slice(2).replace(/^\d+(?=[A-H])/, '');
    if (kind === 'A') this.#at.row = Math.max(this.#top, this.#at.row - count);
    else if (kind === 'H') this.#at = {row: this.#top, column: 0};
    else if (kind === 'G') this.#at.column = 0;
    else if (kind === 'K' || kind === '0K') this.#eraseLine(this.#at.row, this.#at.column);
    else if (kind === 'J' || kind === '0J') this.#eraseBelow();
    else if (kind === '?7l' || kind === '?7h') this.autowrap = kind === '?7h';
    else if (kind === '?25l' || kind === '?25h') this.cursorShown = kind === '?25h';
    else if (!/^(\?2026[hl]|[\d;]*m)$/.test(kind)) throw new Error(`No such terminal: ${JSON.stringify(sequence)}`);
  }

  #eraseBelow(): void {
    this.#eraseLine(this.#at.row, this.#at.column);
    for (let row = this.#at.row + 1; row < this.#rows.length; row++) this.#eraseLine(row, 0);
  }

  #eraseLine(index: number, from: number): void {
    const row = this.#row(index);
    row.cells.length = Math.min(row.cells.length, from);
    row.wraps = false;
  }

  /** The cursor stays at the character that it is at. */
  #wrapAnew(): void {
    const before = this.#rows;
    const at = this.#at;
    this.#rows = [];
    let line: string[] = [];
    for (const [index, {cells, wraps}] of before.entries()) {
      if (index === at.row)
        this.#at = {row: this.#rows.length + Math.floor(line.length / this.columns), column: at.column};
      line.push(...cells);
      if (wraps) continue;
      for (let start = 0; start === 0 || start < line.length; start += this.columns) {
        const part = line.slice(start, start + this.columns);
        this.#rows.push({cells: part, wraps: start + this.columns < line.length});
      }
      line = [];
    }
  }
}

function textOf({cells}: Row): string {
  return Array.from(cells, (cell) => cell ?? ' ').join('');
}

function withoutEmptyEnd(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}
