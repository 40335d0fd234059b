import {examineDrill} from '../../api/doctor/examine-drill.ts';
import {renderExamination} from '../../api/render.ts';
import {createSystemClock} from '../../util/system-clock.ts';
import type {SharedOptions} from '../options.ts';
import {print, printJson, say} from '../output.ts';
import {planFile} from '../plan-file.ts';

/** Longer than all time limits of one connection together. */
const longestMs = 60_000;

/** Says what a run of this drill lacks. 0 where nothing fails, 3 where something does, 2 for the file or another server. */
export async function doctorCommand(file: string, options: SharedOptions & {readonly json?: boolean}): Promise<number> {
  const planned = await planFile(file, options);
  if (planned === undefined) return 2;
  const {plan, env} = planned;
  const asked = plan.connections.map(({name}) => name).join(', ');
  const patience = setTimeout(() => say(`Asking ${asked} …`), 1000);
  try {
    const examination = await examineDrill({
      plan,
      env,
      clock: createSystemClock(),
      signal: AbortSignal.timeout(longestMs),
    });
    if (options.json === true) printJson(examination);
    else print(renderExamination(examination, {width: process.stdout.columns || 100}));
    return examination.exitCode;
  } finally {
    clearTimeout(patience);
  }
}
