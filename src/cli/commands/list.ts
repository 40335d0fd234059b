import {type ListedRun, listRuns} from '../../api/list-runs.ts';
import type {SharedOptions} from '../options.ts';
import {print} from '../output.ts';

export async function listCommand(options: SharedOptions & {readonly json?: boolean}): Promise<number> {
  const runs = await listRuns(options.stateDir);
  if (options.json === true) {
    print(
      JSON.stringify(
        {
          version: 1,
          runs: runs.map(({run, folder, result}) => ({
            run,
            folder,
            verdict: result?.verdict ?? null,
            status: result?.status ?? 'unfinished',
            exitCode: result?.exitCode ?? null,
          })),
        },
        null,
        2,
      ),
    );
    return 0;
  }
  if (runs.length === 0) print(`No run is recorded in \`${options.stateDir}\`.`);
  for (const {run, result} of runs) {
    const verdict = result === undefined ? 'unfinished' : describeVerdict(result);
    print(
      `${run}  ${verdict.padEnd(12)}  ${result === undefined ? '' : `exit ${result.exitCode}  ${result.drill.name}`}`.trimEnd(),
    );
  }
  return 0;
}

function describeVerdict({restores, exitCode, verdict}: NonNullable<ListedRun['result']>): string {
  if (restores !== true) return verdict;
  return exitCode === 0 ? 'restored' : 'not restored';
}
