import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {err, ok, type Result} from '../util/result.ts';
import {type RunResult, resultSchema} from '../verdict/result.ts';
import {changedNothing} from './changed-nothing.ts';
import {listRunNames} from './list-run-names.ts';
import {hadBegun} from './run-lock.ts';

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
 * The run to go on with: the one that is named, or the newest that was cut off or left something, and the others of which
 * that can be said as well. Undefined where none is left so. An error where something may be to roll back, and a newer run
 * of the same integration has changed something since: then that says how things are.
 */
export async function findUnfinished(
  stateDir: string,
  name: string | undefined,
): Promise<Result<{readonly run: ListedRun; readonly others: readonly ListedRun[]} | undefined, string>> {
  const runs = await listRuns(stateDir);
  const newerOf = (listed: ListedRun): ListedRun | undefined =>
    mayBringBack(listed)
      ? runs.findLast(
          (other) =>
            other.run > listed.run &&
            other.result !== undefined &&
            !changedNothing(other.result) &&
            integrationOf(other) === integrationOf(listed),
        )
      : undefined;
  if (name === undefined) {
    const left = runs.filter((listed) => isUnfinished(listed) && newerOf(listed) === undefined).toReversed();
    const planned = await Promise.all(
      left.map(async (listed) => ((await mayHaveTouched(listed, stateDir)) ? [listed] : [])),
    );
    const [run, ...others] = planned.flat();
    return ok(run === undefined ? undefined : {run, others});
  }
  const found = runs.find(({run}) => run === name) ?? runs.findLast(({run}) => run.startsWith(name));
  if (found === undefined)
    return err(`Expected a run \`${name}\` in \`${stateDir}\`, and there is none. \`offdrill list\` shows them.`);
  const newer = newerOf(found);
  if (!isUnfinished(found) || newer === undefined) return ok({run: found, others: []});
  return err(
    `Expected \`${found.run}\` to be the newest run of \`${integrationOf(found)}\`, and \`${newer.run}\` came after it: its record is no longer how things are. \`offdrill restore FILE\` brings back what is missing now.`,
  );
}

/** A run that was cut off before its plan was on record had opened nothing, unless the record lost it. */
async function mayHaveTouched(listed: ListedRun, stateDir: string): Promise<boolean> {
  if (listed.result !== undefined) return true;
  const journal = await readFile(path.join(listed.folder, 'journal.ndjson'), 'utf8').catch(() => '');
  return journal.includes('"type":"run.planned"') || hadBegun(stateDir, integrationOf(listed) ?? '', listed.run);
}

/** Something was left to roll back, or nobody knows. */
function mayBringBack({result}: ListedRun): boolean {
  return result === undefined || result.exitCode === 4;
}

/**
 * That, or a credential of the run's own may live: to end that is right whatever came after it. For a step that is listed
 * all the same, since its call may still come through, there is nothing to resume.
 */
function isUnfinished(listed: ListedRun): boolean {
  return mayBringBack(listed) || (listed.result?.left ?? []).some((left) => !left.startsWith('Step '));
}

/** Of a run that did not end, only its name tells. */
function integrationOf({run, result}: ListedRun): string | undefined {
  return result?.integration ?? integrationNamed(run);
}

/** As the name of a run tells it. */
export function integrationNamed(run: string): string | undefined {
  return /^[0-9TZ]+-(?:restore-)?(.+)-[a-z0-9]{4}$/.exec(run)?.[1];
}

async function readResult(folder: string): Promise<RunResult | undefined> {
  try {
    return resultSchema.parse(JSON.parse(await readFile(path.join(folder, 'result.json'), 'utf8')));
  } catch {
    return undefined;
  }
}
