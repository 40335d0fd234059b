import {chmod, mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';

export type TempFolder = {
  /** To be the TMPDIR of a command: whatever it starts can be told by this path then. */
  readonly path: string;
  /** What stands in the folder. */
  files(): Promise<readonly string[]>;
  /** The processes that name the folder in their command line or environment, as `pid first words`. */
  processes(): Promise<readonly string[]>;
  remove(): Promise<void>;
};

/** A temp folder that tells which processes and files a command has left. */
export async function createTempFolder(): Promise<TempFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-temp-'));
  // PostgreSQL runs as another user where this is root, and must pass through.
  await chmod(folder, 0o711);
  return {
    path: folder,
    files: () => readdir(folder),
    processes: () => processesNaming(folder),
    remove: () => rm(folder, {recursive: true, force: true}),
  };
}

async function processesNaming(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process may end while it is looked at.
      const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
      const [line, environment] = [await read('cmdline'), await read('environ')];
      return line.includes(folder) || environment.includes(folder) ? [`${pid} ${line.split('\0').join(' ')}`] : [];
    }),
  );
  return found.flat();
}
