import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {err, ok, type Result} from '../util/result.ts';
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

/**
 * The run to go on with: the one that is named, or the newest that did not end, or whose rollback failed. Undefined where
 * none is unfinished. An error where a newer run of the same integration has begun since.
 */
export async function findUnfinished(
  stateDir: string,
  name: string | undefined,
): Promise<Result<ListedRun | undefined, string>> {
  const runs = await listRuns(stateDir);
  const isUnfinished = ({result}: ListedRun): boolean => result === undefined || result.exitCode === 4;
  if (name === undefined)
    return ok(runs.findLast((listed) => listed.result === undefined) ?? newestOf(runs, isUnfinished));
  const found = runs.find(({run}) => run === name) ?? runs.findLast(({run}) => run.startsWith(name));
  if (found === undefined)
    return err(`Expected a run \`${name}\` in \`${stateDir}\`, and there is none. \`offdrill list\` shows them.`);
  const newer = runs.findLast(
    ({run, result}) => run > found.run && result !== undefined && result.integration === found.result?.integration,
  );
  if (found.result?.exitCode === 4 && newer !== undefined) {
    return err(
      `Expected \`${found.run}\` to be the newest run of \`${newer.result?.integration}\`, and \`${newer.run}\` came after it: its record is no longer how things are. \`offdrill restore FILE\` brings back what is missing now.`,
    );
  }
  return ok(found);
}

/** Of those that ended, only the newest of an integration says how things are. */
function newestOf(runs: readonly ListedRun[], isMeant: (run: ListedRun) => boolean): ListedRun | undefined {
  return runs.findLast(
    (listed, index) =>
      isMeant(listed) && !runs.slice(index + 1).some(({result}) => result?.integration === listed.result?.integration),
  );
}

async function readResult(folder: string): Promise<RunResult | undefined> {
  try {
    return resultSchema.parse(JSON.parse(await readFile(path.join(folder, 'result.json'), 'utf8')));
  } catch {
    return undefined;
  }
}
