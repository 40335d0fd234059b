import type {Clock} from '../contract/clock.ts';
import type {Entry, JournalEvent} from '../journal/entries.ts';
import type {Journal} from '../journal/journal.ts';
import {type Redact, serializeRedacted} from '../journal/serialize-redacted.ts';
import {failureOf} from '../run/context.ts';
import {judge} from '../verdict/judge.ts';
import type {RunResult} from '../verdict/result.ts';

/**
 * The journal of a run, and beside it in memory what it could not take: on a disk that is full a run brings back what it
 * changed, and what came of that is told all the same. Only the journal is proof.
 */
export class KeptRecord {
  readonly #journal: Journal;
  readonly #redact: Redact;
  readonly #clock: Clock;
  readonly #onEntry: ((entry: Entry) => void) | undefined;
  readonly #entries: Entry[];

  /** `before`: what earlier processes of the run wrote. */
  constructor(
    journal: Journal,
    options: {
      readonly redact: Redact;
      readonly clock: Clock;
      readonly onEntry?: ((entry: Entry) => void) | undefined;
      readonly before?: readonly Entry[];
    },
  ) {
    this.#journal = journal;
    this.#redact = options.redact;
    this.#clock = options.clock;
    this.#onEntry = options.onEntry;
    this.#entries = [...(options.before ?? [])];
    journal.subscribe((entry) => {
      this.#entries.push(entry);
    });
    if (options.onEntry !== undefined) journal.subscribe(options.onEntry);
  }

  /** Throws a JournalError where it can't be written. */
  append(event: JournalEvent): void {
    this.#journal.append(event);
  }

  /** What happened, and could not be written. */
  lost({type, data}: JournalEvent): void {
    const time = new Date(this.#clock.now()).toISOString();
    const known = JSON.parse(serializeRedacted(data, this.#redact));
    const entry = {v: 1, seq: this.#entries.length, time, type, data: known, prev: ''} as Entry;
    this.#entries.push(entry);
    try {
      this.#onEntry?.(entry);
    } catch {
      // Looking on must not disturb a run.
    }
  }

  /** What it came to as far as this process knows, where the record could not be finished. Never a pass. */
  judgeUnfinished(error: unknown): RunResult {
    this.lost({type: 'trouble', data: {where: 'journal', ...failureOf(error)}});
    this.lost({type: 'phase.started', data: {phase: 'verdict'}});
    return judge(this.#entries);
  }
}
