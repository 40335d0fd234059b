import {lstat, readlink, rm, symlink} from 'node:fs/promises';
import path from 'node:path';
import {readState} from './state.ts';

export const projectFolder = path.resolve(import.meta.dirname, '..');

export async function refuseSecondLab(home: string): Promise<void> {
  if ((await readState(home)) !== undefined) {
    throw new Error('Expected no lab here, and one is there already. End it first: `npm run lab -- down`.');
  }
  // A link that leads nowhere is what a lab left behind whose folder is gone.
  await rm(path.join(home, '.lab'), {force: true});
}

/** Makes a lab's folder the one of its home, and `node lab/cli.ts` mean the same in every home. */
export async function linkHome(home: string, data: string): Promise<void> {
  await symlink(data, path.join(home, '.lab'));
  if (home === projectFolder) return;
  const link = path.join(home, 'lab');
  const there = await lstat(link).catch(() => undefined);
  if (there === undefined) await symlink(import.meta.dirname, link);
}

/** Takes both links away, where they are this lab's, and all that it kept. */
export async function removeHome(home: string, data: string): Promise<void> {
  const link = path.join(home, '.lab');
  if ((await readlink(link).catch(() => undefined)) === data) await rm(link);
  const code = path.join(home, 'lab');
  if ((await readlink(code).catch(() => undefined)) === import.meta.dirname) await rm(code);
  await rm(data, {recursive: true, force: true, maxRetries: 5});
}

/** A shell command to which `run FILE --yes` can be appended. */
export function drillCommandOf(home: string, data: string): string {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const bin = path.join(projectFolder, 'node_modules', '.bin');
  const words = [
    process.execPath,
    path.join(projectFolder, 'src', 'cli', 'offdrill.ts'),
    ...['--env-file', path.join(data, 'offdrill.env')],
    ...['--vars', path.join(data, 'vars.yaml')],
    ...['--base', home],
  ];
  return `PATH=${quote(bin)}:"$PATH" ${words.map(quote).join(' ')}`;
}

/** Says what was done, and how long it took. Does nothing any more once it was told to stop. */
export function timeWith({
  log,
  signal,
}: {
  readonly log: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}) {
  return async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    const startedAt = performance.now();
    const result = await act();
    log(`${what} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
    return result;
  };
}
