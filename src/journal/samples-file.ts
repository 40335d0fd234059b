import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {AppendFile} from './append-file.ts';
import type {Generation} from './entries.ts';
import {JournalError} from './journal-error.ts';
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
  readonly #path: string;
  readonly #redact: Redact;
  readonly #hash = createHash('sha256');
  #buffered = '';
  #samples = 0;
  #failure: unknown;
  #closed: {file: string; sha256: string; samples: number} | undefined;

  private constructor(at: string, file: AppendFile, redact: Redact) {
    this.#name = path.basename(at);
    this.#path = at;
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
    const at = path.join(folder, name);
    return new SamplesFile(at, AppendFile.create(at), redact);
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

  /** Writes what is left, and reads all of it back. Throws a JournalError where a sample could not be written, or is not there. */
  async close(): Promise<{readonly file: string; readonly sha256: string; readonly samples: number}> {
    if (this.#closed !== undefined) return this.#closed;
    this.#flush();
    const sha256 = this.#hash.digest('hex');
    this.#closed = {file: this.#name, sha256, samples: this.#samples};
    this.#file.close();
    if (this.#failure !== undefined) throw this.#failure;
    const found = await digestOf(this.#path);
    if (found === sha256) return this.#closed;
    throw new JournalError(
      'journal-write',
      `Expected \`${this.#path}\` to hold what was written, found ${found === undefined ? 'that it can’t be read' : 'something else'}. Find out who changed it.`,
    );
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

async function digestOf(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
