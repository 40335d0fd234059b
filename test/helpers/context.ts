import type {AuditWindow, Context} from '../../src/contract/operation.ts';
import {createSystemClock} from '../../src/util/system-clock.ts';

export const run = 'run-of-test';

export type TestContext<Session> = Context<Session> & {
  /** Every secret that was made known, by its label. */
  readonly known: ReadonlyMap<string, string>;
  /** What was declared as the run's own, as `kind id`. */
  readonly owned: ReadonlySet<string>;
  /** The names of the calls to the outside, in order. */
  readonly calls: readonly string[];
  /** What was waited for to end by itself, and until when, in order. */
  readonly drained: readonly {readonly what: string; readonly until: number}[];
};

/** What an operation is given in a run, with nothing kept but for the test to look at. */
export function contextOf<Session>(
  session: Session,
  options: {readonly signal?: AbortSignal; readonly base?: string; readonly owned?: Set<string>} = {},
): TestContext<Session> {
  const owned = options.owned ?? new Set<string>();
  const known = new Map<string, string>();
  const calls: string[] = [];
  const drained: {what: string; until: number}[] = [];
  return {
    signal: options.signal ?? new AbortController().signal,
    clock: createSystemClock(),
    connection: session,
    redactor: {add: (secret, label) => known.set(secret, label)},
    run,
    base: options.base ?? '/',
    call: (name, fn) => {
      calls.push(name);
      return fn();
    },
    own: (kind, id) => owned.add(`${kind} ${id}`),
    owns: (kind, id) => owned.has(`${kind} ${id}`),
    confirm: async () => {
      throw new Error('Nobody is asked here.');
    },
    draining: (what, until) => void drained.push({what, until}),
    known,
    owned,
    calls,
    drained,
  };
}

/** What the reading of a record is given where nobody waits for it. */
export function windowOf<Notes>(notes: Notes): AuditWindow<Notes> {
  return {notes, waitForMs: 0, hurry: new AbortController().signal, awaits: () => undefined};
}

/** Polls until `holds`; the test's own time limit ends the wait. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const clock = createSystemClock();
  while (!(await holds())) await clock.sleep(10);
}
