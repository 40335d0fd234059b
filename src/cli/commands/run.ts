import {renderPlan} from '../../api/render.ts';
import {runDrill} from '../../api/run-drill.ts';
import {canConfirm, confirm, personAtTerminal} from '../confirm.ts';
import type {RunCommandOptions} from '../options.ts';
import {complain, say} from '../output.ts';
import {planFile} from '../plan-file.ts';
import {createRunView} from '../show-run.ts';

/** One drill, from the question to the verdict. The exit code is the verdict's. */
export async function runCommand(file: string, options: RunCommandOptions): Promise<number> {
  if (!canConfirm(options)) return 2;
  const planned = await planFile(file, options);
  if (planned === undefined) return 2;
  const {plan, env} = planned;
  const {record} = plan;
  const {name} = record.integration;
  say(renderPlan(record, {width: process.stderr.columns || 100}));
  const what =
    options.until === undefined
      ? `This removes \`${name}\` and brings it back.`
      : 'This captures and probes, and changes nothing.';
  if (options.yes !== true && !(await confirm(what, name))) return 2;

  const askPerson = personAtTerminal();
  const view = createRunView(options);
  if (view === undefined) return 2;
  try {
    view.begin(record);
    const run = await runDrill({
      plan,
      env,
      stateDir: options.stateDir,
      clock: view.clock,
      interruption: view.interruption,
      maxDurationMs: options.maxDuration,
      gone: options.gone === true,
      ...(options.waitForAudit === undefined ? {} : {waitForAuditMs: options.waitForAudit}),
      ...(askPerson === undefined ? {} : {askPerson}),
      ...(options.until === undefined ? {} : {until: options.until}),
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
