import path from 'node:path';
import type {Entry} from '../journal/entries.ts';
import {readJournal} from '../journal/read-journal.ts';
import {judge} from '../verdict/judge.ts';
import type {RunResult} from '../verdict/result.ts';

/** What is on disk of a run: its journal, read back and its chain checked, and the verdict on it, judged anew. */
export function readRun(folder: string): {readonly entries: readonly Entry[]; readonly result: RunResult} {
  const read = readJournal(path.join(folder, 'journal.ndjson'));
  if (!read.ok)
    throw new Error(`The journal of \`${folder}\` is damaged at line ${read.error.line}: ${read.error.reason}`);
  const {entries} = read.value;
  return {entries, result: judge(entries)};
}
