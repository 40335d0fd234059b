import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {type RunResult, resultSchema} from '../verdict/result.ts';
import {listRunNames} from './list-run-names.ts';

export type ListedRun = {readonly run: string; readonly folder: string; readonly result: RunResult | undefined};

/** All runs in a state folder, oldest first. A run without a result did not end. */
export async function listRuns(stateDir: string): Promise<readonly ListedRun[]> {
  const runs = await listRunNames(stateDir);
  return Promise.all(
    runs.map(async (run) => {
      const folder = path.join(path.resolve(stateDir), 'runs', run);
      return {run, folder, result: await readResult(folder)};
    }),
  );
}

/** Finds one run by its name, the beginning of its name, or the newest. */
export async function findRun(stateDir: string, name: string | undefined): Promise<ListedRun | undefined> {
  const runs = await listRuns(stateDir);
  if (name === undefined) return runs.at(-1);
  return runs.find(({run}) => run === name) ?? runs.findLast(({run}) => run.startsWith(name));
}

async function readResult(folder: string): Promise<RunResult | undefined> {
  try {
    return resultSchema.parse(JSON.parse(await readFile(path.join(folder, 'result.json'), 'utf8')));
  } catch {
    return undefined;
  }
}
