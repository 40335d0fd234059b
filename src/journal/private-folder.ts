import {chmodSync, closeSync, constants, fchmodSync, fstatSync, fsyncSync, mkdirSync, openSync} from 'node:fs';
import path from 'node:path';
import {errnoOf, JournalError} from './journal-error.ts';

/** Makes the folder that only its owner may enter, whatever the umask. One that is there already must be a folder of the user's own. */
export async function createPrivateFolder(folder: string): Promise<void> {
  try {
    makeWithParents(path.resolve(folder));
  } catch (error) {
    throw new JournalError(
      'journal-folder',
      `Expected to make the folder \`${folder}\`, got ${errnoOf(error)}. Choose a place where you may write.`,
      error,
    );
  }
  onOwnFolder(folder, (descriptor) => fchmodSync(descriptor, 0o700));
}

/** Throws a JournalError where the folder is a link, or somebody else's: what stands in it is not to be acted upon. */
export function checkOwnFolder(folder: string): void {
  onOwnFolder(folder, () => undefined);
}

function onOwnFolder(folder: string, act: (descriptor: number) => void): void {
  const descriptor = openFolder(folder);
  try {
    if (fstatSync(descriptor).uid !== process.geteuid?.()) throw unfit(folder, "somebody else's");
    act(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes sure that a file just made in the folder is there after a power loss too. */
export function syncFolder(folder: string): void {
  const descriptor = openFolder(folder);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** One by one: a umask that takes rights from the owner too would make a folder in which nothing can be made. */
function makeWithParents(folder: string): void {
  try {
    mkdirSync(folder, {mode: 0o700});
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    const parent = path.dirname(folder);
    if (errnoOf(error) !== 'ENOENT' || parent === folder) throw error;
    makeWithParents(parent);
    makeWithParents(folder);
    return;
  }
  chmodSync(folder, 0o700);
}

/** Opened without following a link, so that what is checked is what is used. */
function openFolder(folder: string): number {
  try {
    return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    throw unfit(folder, `a link or no folder (${errnoOf(error)})`, error);
  }
}

function unfit(folder: string, found: string, cause?: unknown): JournalError {
  return new JournalError(
    'journal-folder',
    `Expected \`${folder}\` to be a folder of your own, got ${found}. Remove it, or choose another with --state-dir.`,
    cause,
  );
}
