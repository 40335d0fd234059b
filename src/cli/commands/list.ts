import {type ListedRun, listRuns} from '../../api/list-runs.ts';
import {sanitizeLine} from '../../util/sanitize.ts';
import type {SharedOptions} from '../options.ts';
import {print, printJson} from '../output.ts';

export async function listCommand(options: SharedOptions & {readonly json?: boolean}): Promise<number> {
  const runs = await listRuns(options.stateDir);
  if (options.json === true) {
    printJson({
      version: 1,
      runs: runs.map(({run, folder, result}) => ({
        run,
        folder,
        verdict: result?.verdict ?? null,
        status: result?.status ?? 'unfinished',
        exitCode: result?.exitCode ?? null,
      })),
    });
    return 0;
  }
  if (runs.length === 0) print(`No run is recorded in \`${options.stateDir}\`.`);
  for (const {run, result} of runs) {
    const verdict = result === undefined ? 'unfinished' : describeVerdict(result);
    const ended = result === undefined ? '' : `exit ${result.exitCode}  ${result.drill.name}`;
    print(sanitizeLine(`${run}  ${verdict.padEnd(12)}  ${ended}`.trimEnd()));
  }
  return 0;
}

function describeVerdict({restores, exitCode, verdict}: NonNullable<ListedRun['result']>): string {
  if (restores !== true) return verdict;
  return exitCode === 0 ? 'restored' : 'not restored';
}
