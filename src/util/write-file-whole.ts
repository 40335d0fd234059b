import {open, rename, rm} from 'node:fs/promises';
import path from 'node:path';

/** Writes a file that only its owner may read, whatever the umask, whole or not at all: beside it, synced, then renamed. */
export async function writeFileWhole(file: string, text: string): Promise<void> {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.part`);
  const handle = await open(beside, 'wx', 0o600);
  try {
    try {
      await handle.chmod(0o600);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, {force: true});
    throw error;
  }
}
