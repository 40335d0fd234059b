import {readdir} from 'node:fs/promises';
import path from 'node:path';

/** The names of all runs in a state folder, oldest first. */
export async function listRunNames(stateDir: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(path.resolve(stateDir), 'runs'), {withFileTypes: true}).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({name}) => name)
    .sort();
}
