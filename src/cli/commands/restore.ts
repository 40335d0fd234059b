import {renderRestoration} from '../../api/render.ts';
import {restoreDrill} from '../../api/run-drill.ts';
import {canConfirm, confirm, personAtTerminal} from '../confirm.ts';
import type {RestoreCommandOptions} from '../options.ts';
import {complain, say} from '../output.ts';
import {planFile} from '../plan-file.ts';
import {createRunView} from '../show-run.ts';

/** Runs every rollback of a drill whose run is lost. 0 where everything is back, 4 where not, 2 where it was refused. */
export async function restoreCommand(file: string, options: RestoreCommandOptions): Promise<number> {
  if (!canConfirm(options)) return 2;
  const planned = await planFile(file, options);
  if (planned === undefined) return 2;
  const {plan, env} = planned;
  const {record} = plan;
  const {name} = record.integration;
  say(renderRestoration(record, {width: process.stderr.columns || 100}));
  const what = `This runs the rollback of each step of \`${name}\`, last first, where what it brings back is missing.`;
  if (options.yes !== true && !(await confirm(what, name))) return 2;

  const askPerson = personAtTerminal();
  const view = createRunView(options);
  if (view === undefined) return 2;
  try {
    view.begin(record);
    const run = await restoreDrill({
      plan,
      env,
      stateDir: options.stateDir,
      clock: view.clock,
      interruption: view.interruption,
      maxDurationMs: options.maxDuration,
      gone: options.gone === true,
      ...(askPerson === undefined ? {} : {askPerson}),
      onEntry: view.onEntry,
      onSample: view.onSample,
    });
    if (run.ok) return view.end(run.value);
    view.close();
    for (const {message} of run.error) complain(message);
    return 2;
  } finally {
    view.close();
  }
}
