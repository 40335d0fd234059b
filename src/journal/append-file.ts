import {closeSync, constants, fchmodSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync} from 'node:fs';
import path from 'node:path';
import {errnoOf, JournalError} from './journal-error.ts';

/** A file that is only ever appended to, by one writer, and that nobody else may read. */
export class AppendFile {
  readonly #file: string;
  #descriptor: number | undefined;
  #size: number;

  private constructor(file: string, descriptor: number, size = 0) {
    this.#file = file;
    this.#descriptor = descriptor;
    this.#size = size;
  }

  /** Makes the file anew; one that is there already is another writer's. */
  static create(file: string): AppendFile {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL;
    try {
      const descriptor = openSync(file, flags, 0o600);
      fchmodSync(descriptor, 0o600);
      return new AppendFile(file, descriptor);
    } catch (error) {
      throw new JournalError(
        'journal-folder',
        `Expected to make \`${file}\`, got ${errnoOf(error)}. Each run needs a folder of its own.`,
        error,
      );
    }
  }

  /** Goes on with a file that an earlier writer left, at `size` bytes; one that grew since is another writer's. */
  static reopen(file: string, size: number): AppendFile {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;
    try {
      const descriptor = openSync(file, flags);
      const found = fstatSync(descriptor).size;
      if (found === size) {
        fchmodSync(descriptor, 0o600);
        return new AppendFile(file, descriptor, size);
      }
      closeSync(descriptor);
    } catch (error) {
      throw new JournalError(
        'journal-folder',
        `Expected to go on with \`${file}\`, got ${errnoOf(error)}. Check the disk and who owns the file.`,
        error,
      );
    }
    throw new JournalError(
      'journal-folder',
      `Expected \`${file}\` to end where it was read to, and it does not: somebody else writes to it. Wait until that ends, and try again.`,
    );
  }

  /** Writes all of it, in as many writes as the system asks for; what is left of a failed one is taken back. */
  append(bytes: Buffer): void {
    const descriptor = this.#open();
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
      this.#size += bytes.length;
    } catch (error) {
      this.#takeBack(descriptor);
      throw this.#failure('write to', error);
    }
  }

  sync(): void {
    const descriptor = this.#open();
    try {
      fdatasyncSync(descriptor);
    } catch (error) {
      throw this.#failure('sync', error);
    }
  }

  /** Syncs and closes; safe to call twice. */
  close(): void {
    if (this.#descriptor === undefined) return;
    try {
      this.sync();
    } finally {
      closeSync(this.#descriptor);
      this.#descriptor = undefined;
    }
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${path.basename(this.#file)} is closed`);
    return this.#descriptor;
  }

  /** Half a line in the middle would break the chain for good. Where even that fails, nothing is written any more. */
  #takeBack(descriptor: number): void {
    try {
      ftruncateSync(descriptor, this.#size);
    } catch {
      closeSync(descriptor);
      this.#descriptor = undefined;
    }
  }

  #failure(act: string, error: unknown): JournalError {
    return new JournalError(
      'journal-write',
      `Expected to ${act} \`${this.#file}\`, got ${errnoOf(error)}. Check the disk; nothing is done without a record of it.`,
      error,
    );
  }
}
