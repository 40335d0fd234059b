import type {Clock} from '../contract/clock.ts';
import type {Session} from '../contract/driver.ts';
import type {SecretSink} from '../contract/operation.ts';
import type {JournalEvent, Phase} from '../journal/entries.ts';
import type {Plan} from '../plan/plan.ts';
import type {Interruption} from './interruption.ts';
import type {Values} from './values.ts';

/** Has a person do something. Returns who said that it is done; rejects where the signal aborts first. */
export type AskPerson = (instruction: string, signal: AbortSignal) => Promise<string>;

/** What every operation of one run works with, whichever phase it is called in. */
export type Facilities = {
  readonly run: string;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly redactor: SecretSink;
  readonly interruption: Interruption;
  /** Absent where there is nobody to ask. */
  readonly askPerson?: AskPerson;
  readonly values: Values;
  readonly owned: Owned;
  /** Opened connections, by name. */
  readonly sessions: Map<string, Session>;
  phase: Phase;
  journal(event: JournalEvent): void;
};

/** What the run made itself. It is in no `taken` capture, and in an audit log it is the run's. */
export class Owned {
  readonly #ids = new Map<string, Set<string>>();
  readonly #earlier: readonly {readonly kind: string; readonly id: string}[];
  readonly #onOwn: (kind: string, id: string) => void;

  /** `earlier`: what processes before this one declared, and journalled. */
  constructor(onOwn: (kind: string, id: string) => void, earlier: readonly {kind: string; id: string}[] = []) {
    this.#onOwn = onOwn;
    this.#earlier = earlier;
    for (const {kind, id} of earlier) this.#ids.set(kind, (this.#ids.get(kind) ?? new Set()).add(id));
  }

  add(kind: string, id: string): void {
    const ids = this.#ids.get(kind) ?? new Set();
    if (ids.has(id)) return;
    this.#ids.set(kind, ids.add(id));
    this.#onOwn(kind, id);
  }

  has(kind: string, id: string): boolean {
    return this.#ids.get(kind)?.has(id) ?? false;
  }

  all(kind: string): readonly string[] {
    return [...(this.#ids.get(kind) ?? [])];
  }

  ofEarlier(kind: string): readonly string[] {
    return [...new Set(this.#earlier.filter((owned) => owned.kind === kind).map(({id}) => id))];
  }
}
