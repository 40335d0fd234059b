import {mkdir, open, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import type {Failure} from '../journal/entries.ts';
import {err, ok, type Result} from '../util/result.ts';

export type RunLock = {release(): Promise<void>};

/**
 * One run at a time of one integration: two would undo each other's work, and one that was cut off may have left staging
 * changed. The lock names the run, and stays when it is cut off; one of a run that has its result is taken over.
 */
export async function lockIntegration(options: {
  readonly stateDir: string;
  readonly integration: string;
  readonly run: string;
}): Promise<Result<RunLock, Failure>> {
  const {stateDir, integration, run} = options;
  const folder = path.join(path.resolve(stateDir), 'locks');
  const file = path.join(folder, integration);
  await mkdir(folder, {recursive: true, mode: 0o700});
  for (const last of [false, true]) {
    const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
      throw error;
    });
    if (handle !== undefined) {
      await handle.writeFile(run);
      await handle.sync();
      await handle.close();
      return ok({release: () => rm(file, {force: true})});
    }
    const other = (await readFile(file, 'utf8').catch(() => '')).trim();
    if (last || !(await hasResult(stateDir, other))) return err(unfinished(integration, other, file, stateDir));
    await rm(file, {force: true});
  }
  throw new Error('unreachable');
}

async function hasResult(stateDir: string, run: string): Promise<boolean> {
  if (run === '' || path.basename(run) !== run) return false;
  const file = path.join(path.resolve(stateDir), 'runs', run, 'result.json');
  return readFile(file).then(
    () => true,
    () => false,
  );
}

function unfinished(integration: string, run: string, file: string, stateDir: string): Failure {
  const journal = path.join(stateDir, 'runs', run, 'journal.ndjson');
  return {
    code: 'unfinished-run',
    message: `Expected no unfinished run of \`${integration}\`, found \`${run || 'one without a name'}\`. If it goes on elsewhere, wait for it. If it was cut off, \`${journal}\` says which steps were started: undo what they did, then remove \`${file}\`.`,
  };
}
