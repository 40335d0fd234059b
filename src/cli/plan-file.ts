import {planDrill} from '../api/read-drill.ts';
import type {SharedOptions} from './options.ts';
import {complain, say, takesColor} from './output.ts';
import {readSurroundings, type Surroundings} from './surroundings.ts';

export type PlannedFile = {
  readonly plan: Extract<Awaited<ReturnType<typeof planDrill>>, {ok: true}>['value']['plan'];
  readonly env: Surroundings['env'];
};

/** The plan of one drill file. Where there is none, what is wrong has been said, and the exit code is 2. */
export async function planFile(file: string, options: SharedOptions): Promise<PlannedFile | undefined> {
  const surroundings = await readSurroundings(options);
  if (!surroundings.ok) {
    complain(surroundings.error);
    return undefined;
  }
  const {vars, env} = surroundings.value;
  const planned = await planDrill({file, vars, env, ...(options.base === undefined ? {} : {base: options.base})});
  const problems = planned.ok ? planned.value.warnings : planned.error;
  if (problems.diagnostics.length > 0) say(problems.render({color: takesColor(process.stderr, options)}));
  return planned.ok ? {plan: planned.value.plan, env} : undefined;
}
