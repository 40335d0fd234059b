import {randomBytes} from 'node:crypto';
import path from 'node:path';
import type {Clock} from '../contract/clock.ts';
import {stepsThatAsk} from '../contract/steps-that-ask.ts';
import type {Failure} from '../journal/entries.ts';
import {Journal} from '../journal/journal.ts';
import {createPrivateFolder} from '../journal/private-folder.ts';
import {SamplesFile} from '../journal/samples-file.ts';
import {serializeRedacted} from '../journal/serialize-redacted.ts';
import {strayEnvironment} from '../plan/stray-environment.ts';
import {createRedactor} from '../redact/redactor.ts';
import type {AskPerson} from '../run/facilities.ts';
import {Interruption} from '../run/interruption.ts';
import {restoreStaging} from '../run/restore-staging.ts';
import {runDrill as runPhases} from '../run/run-drill.ts';
import {loadKnownSecrets} from '../run/values.ts';
import {err, ok, type Result} from '../util/result.ts';
import {writeFileWhole} from '../util/write-file-whole.ts';
import {KeptRecord} from './kept-record.ts';
import type {RunnablePlan} from './read-drill.ts';
import {endLock, lockIntegration} from './run-lock.ts';
import {type FinishedRun, finishRun, type Listeners, nameRun, runFolder, tellUnfinished, toLive} from './run-record.ts';
import {takeDeclarations} from './take-declarations.ts';
import {version} from './version.ts';

export {type FinishedRun, Interruption};

export type RunOptions = Listeners & {
  readonly plan: RunnablePlan;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of all runs is `runs` in it. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly interruption: Interruption;
  /** Has a person do what the drill can't; absent where there is nobody to ask, and then such a drill is refused. */
  readonly askPerson?: AskPerson;
  /** Rollback starts after so long. */
  readonly maxDurationMs: number;
  /** Audit records that come in late are waited for at least so long; no longer than the drill says, by default. */
  readonly waitForAuditMs?: number;
  readonly until?: 'baseline';
  /** The run that holds the lock is gone for good, or will not be resumed. */
  readonly gone?: boolean;
};

/** One run, from the first entry to the verdict and its report. Bad secrets are refused before anything is written. */
export async function runDrill(options: RunOptions): Promise<Result<FinishedRun, readonly Failure[]>> {
  const asking = stepsThatAsk(options.plan.record);
  if (asking.length > 0 && options.askPerson === undefined && options.until === undefined) {
    const steps = asking.map(({id}) => `\`${id}\``).join(', ');
    const message = `Expected a terminal to ask a person on, since ${steps} can't be done without one, and there is none. Run it on a terminal, or script that.`;
    return err([{code: 'nobody-to-ask', message}]);
  }
  return recordRun(options, {needsSecrets: true});
}

export type RestoreOptions = Omit<RunOptions, 'until'>;

/**
 * Every rollback of a drill, last step first, without the journal of the run that did the steps: for when the machine that
 * had it is gone. What is there already is left as it is, so that it is safe to run twice, and on a staging that is whole.
 */
export async function restoreDrill(options: RestoreOptions): Promise<Result<FinishedRun, readonly Failure[]>> {
  return recordRun(options, {needsSecrets: false});
}

async function recordRun(
  options: RunOptions,
  {needsSecrets}: {readonly needsSecrets: boolean},
): Promise<Result<FinishedRun, readonly Failure[]>> {
  const {plan, env, clock, stateDir, maxDurationMs, until, onEntry, onSample} = options;
  const stray = strayEnvironment(plan, env);
  if (stray.length > 0) return err(stray);
  const redactor = createRedactor();
  const redact = (text: string): string => redactor.redact(text);
  const integration = plan.record.integration.name;
  const run = nameRun(clock, needsSecrets ? integration : `restore-${integration}`);
  const lock = await lockIntegration({stateDir, integration, run, gone: options.gone ?? false});
  if (!lock.ok) return err([lock.error]);
  const folder = runFolder(stateDir, run);
  let isBegun = false;
  try {
    const {secrets, problems} = await loadKnownSecrets(plan.secrets, {env, base: plan.base, redactor});
    if (needsSecrets && problems.length > 0) {
      await lock.value.giveBack();
      return err(problems);
    }
    await createPrivateFolder(path.dirname(folder));
    const startedAt = clock.now();
    const journal = await Journal.create({folder, redact, clock});
    const record = new KeptRecord(journal, {redact, clock, onEntry});
    const samples = await SamplesFile.create({folder, redact});
    const {text, vars, env: referred} = plan.source;
    await writeFileWhole(path.join(folder, 'drill.yaml'), redact(text));
    await writeFileWhole(path.join(folder, 'plan.json'), `${serializeRedacted(plan.record, redact, 2)}\n`);
    journal.append({
      type: 'run.started',
      data: {
        run,
        tool: version,
        node: process.version,
        target: Object.values(plan.record.connections).some(({emulated}) => emulated === true) ? 'emulator' : 'real',
        ...(until === undefined ? {} : {until}),
        ...(needsSecrets ? {} : {restores: true}),
        nonce: randomBytes(16).toString('hex'),
      },
    });
    journal.append({type: 'run.inputs', data: {base: plan.base, vars, env: referred, maxDurationMs}});
    journal.append({type: 'run.planned', data: plan.record});
    for (const problem of problems) journal.append({type: 'trouble', data: {where: 'secrets', ...problem}});

    const inputs = {
      run,
      plan,
      folder,
      journal: record,
      samples,
      redactor,
      clock,
      env,
      secrets,
      interruption: options.interruption,
      maxDurationMs,
      ...(options.askPerson === undefined ? {} : {askPerson: options.askPerson}),
      takesOver: options.gone ?? false,
      ...(options.waitForAuditMs === undefined ? {} : {waitForAuditMs: options.waitForAuditMs}),
      ...(until === undefined ? {} : {until}),
      ...(onSample === undefined ? {} : {onSample: toLive(onSample)}),
    };
    await lock.value.begin();
    isBegun = true;
    const phases = (): Promise<void> => (needsSecrets ? runPhases(inputs) : restoreStaging(inputs));
    const finished = await takeDeclarations({folder, record, clock, startedAt}, phases).then(
      () => finishRun({journal, record, folder, redact}),
      (error: unknown) => tellUnfinished({record, folder, redact}, error),
    );
    await endLock(lock.value, finished);
    return ok(finished);
  } catch (error) {
    await (isBegun ? lock.value.leave() : lock.value.giveBack()).catch(() => undefined);
    throw error;
  }
}
