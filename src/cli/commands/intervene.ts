import {declareIntervention} from '../../api/declare-intervention.ts';
import {createSystemClock} from '../../util/system-clock.ts';
import type {InterveneCommandOptions} from '../options.ts';
import {complain, say} from '../output.ts';

export async function interveneCommand(run: string, options: InterveneCommandOptions): Promise<number> {
  const {by, reason, stateDir, at = createSystemClock().now()} = options;
  const declared = await declareIntervention({by, reason, at}, {stateDir, run});
  if (!declared.ok) {
    complain(declared.error);
    return 2;
  }
  say(`On record in ${declared.value}: it does not pass without manual steps.`);
  return 0;
}
