import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {err, ok, type Result} from '../util/result.ts';
import type {Entry} from './entries.ts';
import {errnoOf} from './journal-error.ts';
import {synced} from './synced.ts';

/** Where a journal is not what was written. Lines are counted from 1; 0 is the file itself. */
export type JournalDamage = {readonly line: number; readonly reason: string};

/** A last line without its end: the writer was cut off in the middle of it. */
export type TornLine = {readonly bytes: number; readonly sha256: string};

export type ReadJournal = {
  readonly entries: readonly Entry[];
  /** The SHA-256 of the last whole line, after which the next entry is written; 64 zeros where there is none. */
  readonly head: string;
  /** Bytes up to the end of the last whole line. */
  readonly bytes: number;
  readonly torn?: TornLine;
};

/** `prev` of the first entry. */
export const noLineBefore = '0'.repeat(64);

const lineFeed = 0x0a;

/** Reads the bytes, or the file at a path, and checks every line against the one before. A torn last line is told, not hidden; anything else that does not fit is damage. */
export function readJournal(source: Buffer | string): Result<ReadJournal, JournalDamage> {
  const loaded = typeof source === 'string' ? loadBytes(source) : ok(source);
  if (!loaded.ok) return loaded;
  const {whole, tail} = splitTail(loaded.value);
  const entries: Entry[] = [];
  let prev = noLineBefore;
  for (const line of linesOf(whole)) {
    const entry = loadEntry(line, entries.length, prev);
    if (!entry.ok) return err({line: entries.length + 1, reason: entry.error});
    entries.push(entry.value);
    prev = sha256(line);
  }
  const read = {entries, head: prev, bytes: whole.length};
  return ok(tail.length === 0 ? read : {...read, torn: {bytes: tail.length, sha256: sha256(tail)}});
}

/** The lines that were ended, and what stands after the last line feed. */
export function splitTail(bytes: Buffer): {readonly whole: Buffer; readonly tail: Buffer} {
  const end = bytes.lastIndexOf(lineFeed) + 1;
  return {whole: bytes.subarray(0, end), tail: bytes.subarray(end)};
}

function loadBytes(file: string): Result<Buffer, JournalDamage> {
  try {
    return ok(readFileSync(file));
  } catch (error) {
    return err({line: 0, reason: `Expected to read a journal, got ${errnoOf(error)}.`});
  }
}

function* linesOf(whole: Buffer): Generator<Buffer> {
  for (let start = 0; start < whole.length; ) {
    const end = whole.indexOf(lineFeed, start);
    yield whole.subarray(start, end);
    start = end + 1;
  }
}

function loadEntry(line: Buffer, seq: number, prev: string): Result<Entry, string> {
  const value = parseLine(line);
  if (value === undefined) return err('Expected an entry, got something that is no JSON object.');
  const {v, seq: found, prev: chained, type, time, data} = value;
  if (v !== 1) return err('Expected an entry of version 1. Read it with the version that wrote it.');
  if (found !== seq) return err(`Expected entry ${seq}, got ${JSON.stringify(found)}: entries are missing.`);
  if (chained !== prev) return err('The line before is not the one that this entry was written after.');
  if (typeof type !== 'string' || !Object.hasOwn(synced, type)) {
    return err('Expected a type of entry that is known here. Read it with the version that wrote it.');
  }
  if (typeof time !== 'string' || Number.isNaN(Date.parse(time))) return err('Expected `time` to be a time.');
  if (typeof data !== 'object' || data === null) return err('Expected `data` to be an object.');
  return ok(value as unknown as Entry);
}

/** A parser's message quotes what it read, so it goes no further. */
function parseLine(line: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(line);
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? {...value} : undefined;
  } catch {
    return undefined;
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
