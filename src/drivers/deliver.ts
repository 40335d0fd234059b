import {open, readdir, rename, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {DriverError} from '../contract/driver-error.ts';

/** Puts a secret (`what`, for the error) into a file, whole or not at all: beside it, synced, renamed. Its owner stays; nobody else may read it. What a process that was killed meanwhile left beside it goes. */
export async function deliver(file: string, secret: string, what: string): Promise<void> {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.part`);
  try {
    const before = await stat(file).catch(() => undefined);
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.chmod(0o600);
      if (before !== undefined && process.getuid?.() === 0) await handle.chown(before.uid, before.gid);
      await handle.writeFile(secret);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
    await removeParts(file);
  } catch (error) {
    await rm(beside, {force: true});
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new DriverError(
      `Expected to deliver ${what} to \`${file}\`, got ${errno}. Is its folder there, and writable?`,
      {
        code: 'failed',
        detail: errno,
        cause: error,
      },
    );
  }
}

/** They hold secrets that nobody was given. */
async function removeParts(file: string): Promise<void> {
  const folder = path.dirname(file);
  const isPart = (name: string): boolean => name.startsWith(`.${path.basename(file)}.`) && /\.\d+\.part$/.test(name);
  const parts = (await readdir(folder)).filter(isPart);
  await Promise.all(parts.map((name) => rm(path.join(folder, name), {force: true})));
}
