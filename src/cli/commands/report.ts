import {findRun} from '../../api/list-runs.ts';
import {readRun} from '../../api/read-run.ts';
import {reconcileRun} from '../../api/reconcile-run.ts';
import {describeEntry, renderJunit, renderReport} from '../../api/render.ts';
import {Interruption} from '../../api/run-drill.ts';
import {hasFinished} from '../../api/run-record.ts';
import {sanitize} from '../../util/sanitize.ts';
import {createSystemClock} from '../../util/system-clock.ts';
import type {ReportCommandOptions} from '../options.ts';
import {complain, print, printJson, say, takesColor} from '../output.ts';
import {readSurroundings} from '../surroundings.ts';

/**
 * Renders what the journal says, judged anew. 0, 2 where there is no such run, 3 where its journal can't be judged. With
 * `--reconcile` records that came in late are read first, and the exit code is the verdict's.
 */
export async function reportCommand(name: string | undefined, options: ReportCommandOptions): Promise<number> {
  if (options.waitForAudit !== undefined && options.reconcile !== true) {
    complain(
      'Expected --wait-for-audit together with --reconcile: without it, nothing is read that could be waited for.',
    );
    return 2;
  }
  const found = await findRun(options.stateDir, name);
  if (found === undefined) {
    complain(
      name === undefined
        ? `No run is recorded in \`${options.stateDir}\`.`
        : `Expected a run \`${name}\` in \`${options.stateDir}\`, and there is none. \`offdrill list\` shows them.`,
    );
    return 2;
  }
  if (options.reconcile === true) {
    const refusal = await reconcile(found.run, options);
    if (refusal !== undefined) return refusal;
  }
  const {entries, result} = readRun(found.folder);
  if (!hasFinished(entries)) {
    complain(
      `\`${found.run}\` has not ended: this is how far it came. If it was cut off, \`offdrill resume\` goes on with it.`,
    );
  }
  if (options.format === 'json') printJson(result);
  else if (options.format === 'junit') print(renderJunit(result, entries));
  else print(renderReport(result, {color: takesColor(process.stdout, options), width: process.stdout.columns || 100}));
  return options.reconcile === true ? result.exitCode : 0;
}

/** The exit code of a refusal; undefined where records were read, or tell no more than they did. */
async function reconcile(run: string, options: ReportCommandOptions): Promise<number | undefined> {
  const surroundings = await readSurroundings(options);
  if (!surroundings.ok) {
    complain(surroundings.error);
    return 2;
  }
  const interruption = new Interruption();
  // Each of them: the process holds the lock of the integration, and gives it back itself.
  process.on('SIGINT', () => interruption.interrupt('SIGINT'));
  process.on('SIGTERM', () => interruption.interrupt('SIGTERM'));
  const reconciled = await reconcileRun({
    run,
    stateDir: options.stateDir,
    ...surroundings.value,
    clock: createSystemClock(),
    interruption,
    waitForAuditMs: options.waitForAudit ?? 0,
    onEvent: (event) => {
      const line = event.type.startsWith('audit.') ? describeEntry(event) : undefined;
      if (line !== undefined) say(sanitize(line));
    },
  });
  const problems = reconciled.ok ? reconciled.value.problems : reconciled.error.problems;
  for (const {message} of problems) complain(message);
  if (reconciled.ok && reconciled.value.finished.unrecorded !== undefined) {
    complain(
      `${reconciled.value.finished.unrecorded} What was read is not on record to its end. Once it can be written, do the same again.`,
    );
    return reconciled.value.finished.result.exitCode;
  }
  return reconciled.ok || reconciled.error.isUnchanged ? undefined : reconciled.error.exitCode;
}
