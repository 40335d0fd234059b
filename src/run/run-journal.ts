import type {EventType, JournalEvent} from '../journal/entries.ts';
import {JournalError} from '../journal/journal-error.ts';
import type {Interruption} from './interruption.ts';

/**
 * Writes a run's events. When the record can't be kept (a full disk), nothing goes forward any more: no step is begun
 * without its intent on disk. What was begun is rolled back all the same, for a system left half removed is worse.
 */
export class RunJournal {
  readonly #append: (event: JournalEvent) => unknown;
  readonly #interruption: Interruption;
  #failure: JournalError | undefined;

  constructor(append: (event: JournalEvent) => unknown, interruption: Interruption) {
    this.#append = append;
    this.#interruption = interruption;
  }

  /** Throws what is no fault of the record (a value that it can't hold), and where a step is announced in vain. */
  write(event: JournalEvent): void {
    try {
      this.#append(event);
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#failure ??= error;
      this.#interruption.stop(error);
      if (announces.includes(event.type)) throw error;
    }
  }

  /** Says in the record itself that it has a gap, where it takes entries again, and throws. */
  throwIfLost(): void {
    if (this.#failure === undefined) return;
    const {code, message} = this.#failure;
    this.write({type: 'trouble', data: {where: 'journal', code, message}});
    throw this.#failure;
  }
}

const announces: readonly EventType[] = ['step.started'];
