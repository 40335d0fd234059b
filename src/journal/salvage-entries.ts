import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Entry} from './entries.ts';
import {synced} from './synced.ts';

/** Whatever of a damaged journal still reads as an entry. Nothing vouches for it: good for telling a person, never for a verdict. */
export async function salvageEntries(folder: string): Promise<readonly Entry[]> {
  const text = await readFile(path.join(folder, 'journal.ndjson'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return isEntry(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

function isEntry(value: unknown): value is Entry {
  const {type, data} = Object(value);
  return typeof type === 'string' && Object.hasOwn(synced, type) && typeof data === 'object' && data !== null;
}
