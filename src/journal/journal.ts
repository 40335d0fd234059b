import {createHash} from 'node:crypto';
import path from 'node:path';
import {AppendFile} from './append-file.ts';
import type {Entry, JournalEvent} from './entries.ts';
import {createPrivateFolder, syncFolder} from './private-folder.ts';
import {noLineBefore, type ReadJournal} from './read-journal.ts';
import {type Redact, serializeRedacted} from './serialize-redacted.ts';
import {synced} from './synced.ts';

export type JournalOptions = {
  /** The run's folder; made if it is not there. */
  readonly folder: string;
  readonly redact: Redact;
  readonly clock: {now(): number};
};

export type EntryListener = (entry: Entry) => void;

/** The record of one run, by one writer. What `append` returns, and what listeners see, is what stands on disk: redacted. */
export class Journal {
  readonly #file: AppendFile;
  readonly #redact: Redact;
  readonly #clock: {now(): number};
  readonly #listeners = new Set<EntryListener>();
  #count: number;
  #prev: string;

  private constructor(file: AppendFile, options: JournalOptions, after = {count: 0, head: noLineBefore}) {
    this.#file = file;
    this.#redact = options.redact;
    this.#clock = options.clock;
    this.#count = after.count;
    this.#prev = after.head;
  }

  /** Throws a JournalError where the folder is a link or somebody else's, or has a journal already. */
  static async create(options: JournalOptions): Promise<Journal> {
    await createPrivateFolder(options.folder);
    const file = AppendFile.create(path.join(options.folder, 'journal.ndjson'));
    syncFolder(options.folder);
    return new Journal(file, options);
  }

  /** Goes on after the last entry of a journal that was read, and made whole, just before. */
  static reopen(options: JournalOptions, read: Pick<ReadJournal, 'entries' | 'head' | 'bytes'>): Journal {
    const file = AppendFile.reopen(path.join(options.folder, 'journal.ndjson'), read.bytes);
    return new Journal(file, options, {count: read.entries.length, head: read.head});
  }

  /** How many entries it holds. */
  get count(): number {
    return this.#count;
  }

  /**
   * Appends one line. When this returns, a synced event is on disk. Throws a JournalError (`journal-write`) where it can't
   * be written: what the entry announces must not be done then.
   */
  append(event: JournalEvent, options: {readonly sync?: boolean} = {}): Entry {
    const line = this.#lineOf(event);
    this.#file.append(Buffer.from(`${line}\n`));
    this.#count += 1;
    this.#prev = createHash('sha256').update(line).digest('hex');
    if (options.sync ?? synced[event.type]) this.#file.sync();
    const entry = JSON.parse(line) as Entry;
    this.#tell(entry);
    return entry;
  }

  /** Calls the listener with every entry from then on; returns how to stop. One that throws is not called again: looking on must not disturb a run. */
  subscribe(listener: EntryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Safe to call twice. */
  close(): void {
    this.#file.close();
  }

  /** Only the data is redacted: the rest is our own, and a chain must not break over a secret that looks like a piece of a hash. */
  #lineOf({type, data}: JournalEvent): string {
    const time = new Date(this.#clock.now()).toISOString();
    const redacted = serializeRedacted(data, this.#redact);
    return `{"v":1,"seq":${this.#count},"time":"${time}","type":"${type}","data":${redacted},"prev":"${this.#prev}"}`;
  }

  #tell(entry: Entry): void {
    for (const listener of this.#listeners) {
      try {
        listener(entry);
      } catch {
        this.#listeners.delete(listener);
      }
    }
  }
}
