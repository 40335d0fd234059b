import {open, rename} from 'node:fs/promises';
import path from 'node:path';

/** Writes a file that only its owner may read, whole or not at all: beside it, synced, then renamed. */
export async function writeFileWhole(file: string, text: string): Promise<void> {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.part`);
  const handle = await open(beside, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
}
