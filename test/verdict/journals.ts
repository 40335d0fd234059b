import type {Entry, EventData, EventType, Phase, PhaseCounts} from '../../src/journal/entries.ts';
import {readJournal} from '../../src/journal/read-journal.ts';

export type JournalCase = 'pass' | 'token-only' | 'interrupted' | 'until-baseline';

/** The entries of a real run that was kept, named for what it came to. */
export function entriesOf(name: JournalCase): readonly Entry[] {
  const journal = readJournal(new URL(`../fixtures/journals/${name}.ndjson`, import.meta.url).pathname);
  if (!journal.ok) throw new Error(journal.error.reason);
  return journal.value.entries;
}

type Matches<T extends EventType> = (data: EventData<T>) => boolean;

/** The same without the entries of one type that match. Throws where there is none, so that no test asserts nothing. */
export function without<T extends EventType>(
  entries: readonly Entry[],
  type: T,
  matches: Matches<T> = () => true,
): readonly Entry[] {
  const kept = entries.filter((entry) => !isMeant(entry, type, matches));
  if (kept.length === entries.length) throw new Error(`No entry ${type} to leave out`);
  return kept;
}

/** The same with other data in the entries of one type that match. */
export function change<T extends EventType>(
  entries: readonly Entry[],
  type: T,
  matches: Matches<T>,
  to: (data: EventData<T>) => EventData<T>,
): readonly Entry[] {
  let changed = 0;
  const result = entries.map((entry) => {
    if (!isMeant(entry, type, matches)) return entry;
    changed += 1;
    return withData(entry, to(dataOf(entry, type)));
  });
  if (changed === 0) throw new Error(`No entry ${type} to change`);
  return result;
}

/** The same with one more entry, just after the first that matches. */
export function insertAfter<T extends EventType, New extends EventType>(
  entries: readonly Entry[],
  type: T,
  matches: Matches<T>,
  added: {readonly type: New; readonly data: EventData<New>},
): readonly Entry[] {
  const at = entries.findIndex((entry) => isMeant(entry, type, matches));
  const before = entries[at];
  if (before === undefined) throw new Error(`No entry ${type} to insert after`);
  const entry = {...before, ...added} as Entry;
  return [...entries.slice(0, at + 1), entry, ...entries.slice(at + 1)];
}

type Plan = EventData<'run.planned'>;

/** The same with another plan. */
export function replan(entries: readonly Entry[], to: (plan: Plan) => Plan): readonly Entry[] {
  return change(entries, 'run.planned', () => true, to);
}

/** The same with one access planned otherwise. */
export function replanAccess(
  entries: readonly Entry[],
  name: string,
  given: Partial<Plan['access'][string]>,
): readonly Entry[] {
  return replan(entries, (plan) => {
    const before = plan.access[name];
    if (before === undefined) throw new Error(`No access ${name} in the plan`);
    return {...plan, access: {...plan.access, [name]: {...before, ...given}}};
  });
}

/** The same with one dependent planned otherwise. */
export function replanDependent(
  entries: readonly Entry[],
  name: string,
  given: Partial<Plan['dependents'][string]>,
): readonly Entry[] {
  return replan(entries, (plan) => {
    const before = plan.dependents[name];
    if (before === undefined) throw new Error(`No dependent ${name} in the plan`);
    return {...plan, dependents: {...plan.dependents, [name]: {...before, ...given}}};
  });
}

/** The same with other counts of generation 1 of a probe in one phase. */
export function recount(
  entries: readonly Entry[],
  name: string,
  phase: Phase,
  given: Partial<PhaseCounts>,
): readonly Entry[] {
  const isIt = ({probe, generation}: EventData<'probe.summary'>): boolean => probe === name && generation === 1;
  return change(entries, 'probe.summary', isIt, (data) => {
    const before = data.phases[phase];
    if (before === undefined) throw new Error(`No counts of ${name} in ${phase}`);
    return {...data, phases: {...data.phases, [phase]: {...before, ...given}}};
  });
}

/** When a phase began, in milliseconds since the epoch. */
export function beginOf(entries: readonly Entry[], phase: Phase): number {
  const begun = entries.find((entry) => entry.type === 'phase.started' && entry.data.phase === phase);
  if (begun === undefined) throw new Error(`No phase ${phase}`);
  return Date.parse(begun.time);
}

/** What `insertAfter` takes for one that stands at the beginning of a phase. */
export function beginsPhase(name: Phase): (data: {readonly phase: Phase}) => boolean {
  return ({phase}) => phase === name;
}

/** The data of the first entry of a type that matches. */
export function find<T extends EventType>(
  entries: readonly Entry[],
  type: T,
  matches: Matches<T> = () => true,
): EventData<T> {
  const entry = entries.find((candidate) => isMeant(candidate, type, matches));
  if (entry === undefined) throw new Error(`No entry ${type}`);
  return dataOf(entry, type);
}

function isMeant<T extends EventType>(entry: Entry, type: T, matches: Matches<T>): boolean {
  return entry.type === type && matches(dataOf(entry, type));
}

function dataOf<T extends EventType>(entry: Entry, _type: T): EventData<T> {
  return entry.data as EventData<T>;
}

function withData(entry: Entry, data: unknown): Entry {
  return {...entry, data} as Entry;
}
