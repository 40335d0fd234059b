import {EventEmitter} from 'node:events';

/** A terminal of a given size that keeps what was written to it. */
export class Screen extends EventEmitter {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  written = '';

  constructor(options: {readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number} = {}) {
    super();
    this.isTTY = options.isTTY ?? true;
    this.columns = options.columns ?? 80;
    this.rows = options.rows ?? 24;
  }

  write(text: string): boolean {
    this.written += text;
    return true;
  }

  /** What it shows after the last frame: cursor movements carried out, styles left out. */
  get shown(): readonly string[] {
    const lines: string[] = [''];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
    for (const piece of this.written.split(/(\u001b\[\??[\d;]*[A-Za-z]|\n)/)) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
      const up = /^\u001b\[(\d+)A$/.exec(piece);
      if (up !== null) lines.splice(lines.length - 1 - Number(up[1]), Number(up[1]));
      else if (piece === '\n') lines.push('');
      else if (!piece.startsWith('\u001b')) lines[lines.length - 1] += piece;
    }
    return lines;
  }

  /** As what a progress writes to. */
  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }
}
