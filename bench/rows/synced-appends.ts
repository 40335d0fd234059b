import {closeSync, fdatasyncSync, openSync, unlinkSync, writeSync} from 'node:fs';
import path from 'node:path';

/** As long as an entry of a step is. */
const line = Buffer.from(`${'x'.repeat(299)}\n`);

/** Appends lines to a file in this folder, each on disk before the next; `before` runs before each. */
export async function appendSynced(
  folder: string,
  count: number,
  before?: (at: number) => Promise<void>,
): Promise<void> {
  const file = path.join(folder, 'floor.ndjson');
  const descriptor = openSync(file, 'a', 0o600);
  try {
    for (let at = 0; at < count; at++) {
      await before?.(at);
      writeSync(descriptor, line);
      fdatasyncSync(descriptor);
    }
  } finally {
    closeSync(descriptor);
    unlinkSync(file);
  }
}
