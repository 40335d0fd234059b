import type {Entry, EventData, EventType} from '../../src/journal/entries.ts';
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
