import {renderPlan} from '../../api/render.ts';
import type {SharedOptions} from '../options.ts';
import {print} from '../output.ts';
import {planFile} from '../plan-file.ts';

/** Shows what would be done. 0, or 2 where the file can't be planned. */
export async function planCommand(file: string, options: SharedOptions & {readonly json?: boolean}): Promise<number> {
  const planned = await planFile(file, options);
  if (planned === undefined) return 2;
  const {record} = planned.plan;
  print(
    options.json === true
      ? JSON.stringify({version: 1, plan: record}, null, 2)
      : renderPlan(record, {width: process.stdout.columns || 100}),
  );
  return 0;
}
