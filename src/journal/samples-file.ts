import {createHash} from 'node:crypto';
import path from 'node:path';
import {AppendFile} from './append-file.ts';
import type {Generation} from './entries.ts';
import {type Redact, serializeRedacted} from './serialize-redacted.ts';

export type SampleRecord = {
  readonly probe: string;
  readonly generation: Generation;
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly durationMs: number;
  readonly state: string;
  readonly code: string;
};

const flushChars = 16_384;

/** Every sample of a run, a short line each. They are no entries: the journal holds the digest of this file. */
export class SamplesFile {
  readonly #file: AppendFile;
  readonly #name: string;
  readonly #redact: Redact;
  readonly #hash = createHash('sha256');
  #buffered = '';
  #samples = 0;
  #failure: unknown;
  #closed: {file: string; sha256: string; samples: number} | undefined;

  private constructor(name: string, file: AppendFile, redact: Redact) {
    this.#name = name;
    this.#file = file;
    this.#redact = redact;
  }

  /** In the run's folder, which must be there. Each process of a run has a file of its own; `number` counts them. */
  static async create(options: {
    readonly folder: string;
    readonly redact: Redact;
    readonly number?: number;
  }): Promise<SamplesFile> {
    const {folder, redact, number = 1} = options;
    const name = number === 1 ? 'samples.ndjson' : `samples.${number}.ndjson`;
    return new SamplesFile(name, AppendFile.create(path.join(folder, name)), redact);
  }

  /** Never throws: a probe goes on when the disk is full, and `close` tells. Nothing is added after `close`. */
  append(sample: SampleRecord): void {
    if (this.#closed !== undefined || this.#failure !== undefined) return;
    const {probe, generation, sequence, sentAt, durationMs, state, code} = sample;
    const short = {
      p: probe,
      g: generation,
      n: sequence,
      t: tenths(sentAt),
      d: tenths(durationMs),
      s: state,
      c: code,
    };
    this.#buffered += `${serializeRedacted(short, this.#redact)}\n`;
    this.#samples += 1;
    if (this.#buffered.length >= flushChars) this.#flush();
  }

  /** Writes what is left. Throws a JournalError where a sample could not be written. */
  async close(): Promise<{readonly file: string; readonly sha256: string; readonly samples: number}> {
    if (this.#closed !== undefined) return this.#closed;
    this.#flush();
    const sha256 = this.#hash.digest('hex');
    this.#closed = {file: this.#name, sha256, samples: this.#samples};
    this.#file.close();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#closed;
  }

  #flush(): void {
    if (this.#failure !== undefined) return;
    const bytes = Buffer.from(this.#buffered);
    this.#buffered = '';
    try {
      this.#file.append(bytes);
      this.#hash.update(bytes);
    } catch (error) {
      this.#failure = error;
    }
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
