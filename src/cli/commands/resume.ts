import {findUnfinished} from '../../api/list-runs.ts';
import {resumeRun} from '../../api/resume-run.ts';
import {listLost} from '../../api/run-lock.ts';
import {personAtTerminal} from '../confirm.ts';
import type {ResumeCommandOptions} from '../options.ts';
import {complain, say} from '../output.ts';
import {createRunView, sayLeft} from '../show-run.ts';
import {readSurroundings} from '../surroundings.ts';

/** Goes on with a run that was cut off, or whose rollback failed. The exit code is the run's; 0 where there is nothing to go on with. */
export async function resumeCommand(name: string | undefined, options: ResumeCommandOptions): Promise<number> {
  const surroundings = await readSurroundings(options);
  if (!surroundings.ok) {
    complain(surroundings.error);
    return 2;
  }
  const found = await findUnfinished(options.stateDir, name);
  if (!found.ok) {
    complain(found.error);
    return 2;
  }
  if (found.value === undefined) {
    const lost = await listLost(options.stateDir);
    for (const {integration, run} of lost) {
      complain(
        `Expected the record of \`${run}\` in \`${options.stateDir}\`, since it holds the lock of \`${integration}\`, and it is not there. \`offdrill restore FILE --gone\` brings back what is missing without it.`,
      );
    }
    if (lost.length > 0) return 4;
    say(`No run in \`${options.stateDir}\` is unfinished.`);
    return 0;
  }
  const {
    run: {run},
    others,
  } = found.value;
  for (const other of others) say(`Unfinished too: \`offdrill resume ${other.run}\` is for afterwards.`);
  const askPerson = personAtTerminal();
  const view = createRunView(options);
  if (view === undefined) return 2;
  try {
    const resumed = await resumeRun({
      run,
      stateDir: options.stateDir,
      env: surroundings.value.env,
      vars: surroundings.value.vars,
      clock: view.clock,
      interruption: view.interruption,
      gone: options.gone === true,
      ...(askPerson === undefined ? {} : {askPerson}),
      onPlan: (plan, pending) => {
        const steps =
          pending.length === 0 ? 'no step is left to roll back' : `to roll back: ${pending.toReversed().join(', ')}`;
        say(`Resuming ${run}: ${steps}.`);
        view.begin(plan.record);
      },
      onEntry: view.onEntry,
      onSample: view.onSample,
    });
    if (!resumed.ok) {
      view.close();
      for (const {message} of resumed.error.problems) complain(message);
      sayLeft(resumed.error.left);
      return resumed.error.exitCode;
    }
    if (resumed.value !== undefined) return view.end(resumed.value);
    say(`\`${run}\` ended before anything was touched: there is nothing to bring back.`);
    return 0;
  } finally {
    view.close();
  }
}
