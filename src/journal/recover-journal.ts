import {createHash} from 'node:crypto';
import {type FileHandle, open, readFile} from 'node:fs/promises';
import path from 'node:path';
import {err, ok, type Result} from '../util/result.ts';
import {errnoOf} from './journal-error.ts';
import {syncFolder} from './private-folder.ts';
import {type JournalDamage, type ReadJournal, readJournal, splitTail, type TornLine} from './read-journal.ts';

export type RecoveredJournal = Omit<ReadJournal, 'torn'> & {
  /** What was cut off, and the file in the run's folder that keeps it. */
  readonly torn?: TornLine & {readonly file: string};
};

/** Makes a journal whole that its writer was cut off from: a torn last line goes to `journal.torn`, nothing is thrown away. Not to be called while a run writes. */
export async function recoverJournal(folder: string): Promise<Result<RecoveredJournal, JournalDamage>> {
  const file = path.join(folder, 'journal.ndjson');
  const bytes = await readWhole(file);
  if (!bytes.ok) return bytes;
  const read = readJournal(bytes.value);
  if (!read.ok) return read;
  const {torn, ...kept} = read.value;
  if (torn === undefined) return ok(kept);
  const {whole, tail} = splitTail(bytes.value);
  const aside = await keepAside(folder, tail);
  await changeAndSync(await open(file, 'r+'), (handle) => handle.truncate(whole.length));
  return ok({...kept, torn: {...torn, file: aside}});
}

async function readWhole(file: string): Promise<Result<Buffer, JournalDamage>> {
  try {
    return ok(await readFile(file));
  } catch (error) {
    return err({line: 0, reason: `Expected to read a journal, got ${errnoOf(error)}.`});
  }
}

/** On disk before the journal is cut. Bytes kept by an earlier recovery stay; the same bytes are not kept twice. */
async function keepAside(folder: string, tail: Buffer): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const name = attempt === 1 ? 'journal.torn' : `journal.torn.${attempt}`;
    const file = path.join(folder, name);
    try {
      await changeAndSync(await open(file, 'wx', 0o600), (handle) => handle.writeFile(tail));
      syncFolder(folder);
      return name;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      if (digest(await readFile(file)) === digest(tail)) return name;
    }
  }
}

async function changeAndSync(handle: FileHandle, change: (handle: FileHandle) => Promise<unknown>): Promise<void> {
  try {
    await change(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
