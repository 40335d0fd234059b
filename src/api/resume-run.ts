import path from 'node:path';
import type {Clock} from '../contract/clock.ts';
import type {DriverCatalog} from '../contract/driver.ts';
import type {Entry, Failure} from '../journal/entries.ts';
import {Journal} from '../journal/journal.ts';
import {checkOwnFolder} from '../journal/private-folder.ts';
import {readJournal} from '../journal/read-journal.ts';
import {recoverJournal} from '../journal/recover-journal.ts';
import {salvageEntries} from '../journal/salvage-entries.ts';
import {SamplesFile} from '../journal/samples-file.ts';
import {strayEnvironment} from '../plan/stray-environment.ts';
import {createRedactor} from '../redact/redactor.ts';
import type {AskPerson} from '../run/facilities.ts';
import type {Interruption} from '../run/interruption.ts';
import {type Past, readPast} from '../run/past.ts';
import {resumeRun as resumePhases} from '../run/resume-run.ts';
import {loadKnownSecrets} from '../run/values.ts';
import {err, ok, type Result} from '../util/result.ts';
import {describeByHand} from './describe-by-hand.ts';
import {failureIn} from './failure-in.ts';
import {KeptRecord} from './kept-record.ts';
import {integrationNamed} from './list-runs.ts';
import {planAgain} from './plan-again.ts';
import type {RunnablePlan} from './read-drill.ts';
import {endLock, hadBegun, lockIntegration, type RunLock} from './run-lock.ts';
import {
  countProcesses,
  describeTorn,
  type FinishedRun,
  finishRun,
  hasFinished,
  type Listeners,
  maxDurationIn,
  runFolder,
  setResultAside,
  tellUnfinished,
  toLive,
  writeResult,
} from './run-record.ts';
import {takeDeclarations} from './take-declarations.ts';
import {version} from './version.ts';

export type ResumeOptions = Listeners & {
  readonly run: string;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Instead of what was recorded, where that held a secret. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Other drivers than those that come along: the same as the run was planned with. */
  readonly catalog?: DriverCatalog;
  readonly clock: Clock;
  readonly interruption: Interruption;
  /** Has a person do what a rollback can't; absent where there is nobody to ask. */
  readonly askPerson?: AskPerson;
  /** Whoever held the lock on another machine or in another container is gone for good. */
  readonly gone?: boolean;
  /** Called once the run's plan is known, before anything is asked. */
  readonly onPlan?: (plan: RunnablePlan, pending: readonly string[]) => void;
};

/** Why a run is not gone on with; beside these, those of the lock and the guard. Each stands in `docs/errors.md`. */
export const resumeFailureCodes = ['journal-damaged', 'plan-changed', 'torn'] as const;

/** Why a run could not be gone on with, and what a person can do instead. Nothing was touched. */
export type NotResumed = {
  readonly problems: readonly Failure[];
  /** 2: refused; 4: staging is not as it was; 3: nothing was changed by the run. */
  readonly exitCode: 2 | 3 | 4;
  /** What is left to do by hand, in the order in which to do it. */
  readonly left: readonly string[];
};

/** `undefined`: there was nothing to go on with, since nothing had been touched. */
export type Resumed = FinishedRun | undefined;

/**
 * Goes on with a run that was cut off: brings back what it had changed, and judges it. One that has ended is only told;
 * where its rollback failed that is tried again, and where its own credential lives that is ended. Safe to be cut off
 * itself, at any point.
 */
export async function resumeRun(options: ResumeOptions): Promise<Result<Resumed, NotResumed>> {
  const {stateDir, run} = options;
  const folder = runFolder(stateDir, run);
  try {
    for (const own of [path.dirname(folder), folder]) checkOwnFolder(own);
  } catch (error) {
    return err({problems: [failureIn(error)], exitCode: 2, left: []});
  }
  const read = readJournal(path.join(folder, 'journal.ndjson'));
  if (!read.ok) {
    const {line, reason} = read.error;
    const message = `Expected the journal of \`${run}\` to be whole, and line ${line} is not: ${reason} Nothing was touched. \`offdrill restore FILE --gone\` brings back what is missing without it.`;
    const left = await describeByHand(folder, options);
    return err({problems: [{code: 'journal-damaged', message}], exitCode: left.length === 0 ? 3 : 4, left});
  }
  const integration = integrationIn(read.value.entries);
  if (integration === undefined) {
    if (!(await hadBegun(stateDir, integrationNamed(run) ?? '', run))) return ok(undefined);
    const message = `Expected the journal of \`${run}\` to hold its plan, since it had begun, and it does not: entries are missing. Nothing was touched. \`offdrill restore FILE --gone\` brings back what is missing without it.`;
    return err({
      problems: [{code: 'journal-damaged', message}],
      exitCode: 4,
      left: await describeByHand(folder, options),
    });
  }
  const lock = await lockIntegration({
    stateDir,
    integration,
    run,
    resumes: true,
    gone: options.gone ?? false,
  });
  if (!lock.ok) return err({problems: [lock.error], exitCode: 2, left: []});
  try {
    return await goOn(options, folder, lock.value);
  } catch (error) {
    // Whatever it was: staging may not be as it was, and what is left to do is told.
    await lock.value.leave().catch(() => undefined);
    const entries = await salvageEntries(folder);
    const left = await describeByHand(folder, options, stepsOf(readPast(entries)));
    return err({problems: [failureIn(error)], exitCode: left.length === 0 ? 3 : 4, left});
  }
}

function integrationIn(entries: readonly Entry[]): string | undefined {
  const planned = entries.find((entry) => entry.type === 'run.planned');
  return planned?.type === 'run.planned' ? planned.data.integration.name : undefined;
}

async function goOn(options: ResumeOptions, folder: string, lock: RunLock): Promise<Result<Resumed, NotResumed>> {
  const {run, env, clock, interruption, onEntry, onSample, onPlan} = options;
  const redactor = createRedactor();
  const redact = (text: string): string => redactor.redact(text);
  const recovered = await recoverJournal(folder);
  if (!recovered.ok) throw new Error(`The journal of \`${run}\` changed while it was read.`);
  const {entries, torn} = recovered.value;
  const past = readPast(entries);
  const hasNothingLeft = past.pending.length === 0 && !past.hasOpenCredential;
  if (hasNothingLeft && hasFinished(entries)) {
    const finished = await writeResult(folder, redact);
    await endLock(lock, finished);
    return ok(finished);
  }

  const planned = await planAgain(folder, entries, options);
  if (!planned.ok) {
    await lock.leave();
    const left = await describeByHand(folder, options, stepsOf(past));
    return err({problems: planned.error, exitCode: past.pending.length === 0 ? 3 : 4, left});
  }
  const plan = planned.value;
  const stray = strayEnvironment(plan, env);
  if (stray.length > 0) {
    await lock.leave();
    const left = await describeByHand(folder, options, stepsOf(past));
    return err({problems: stray, exitCode: past.pending.length === 0 ? 2 : 4, left});
  }
  onPlan?.(plan, stepsOf(past));
  const {secrets, problems} = await loadKnownSecrets(plan.secrets, {env, base: plan.base, redactor});
  const journal = Journal.reopen({folder, redact, clock}, recovered.value);
  const record = new KeptRecord(journal, {redact, clock, onEntry, before: entries});
  const number = countProcesses(entries);
  await setResultAside(folder, number);
  journal.append({
    type: 'run.resumed',
    data: {tool: version, node: process.version, at: clock.now(), ...(torn === undefined ? {} : {torn: torn.file})},
  });
  if (torn !== undefined) {
    journal.append({type: 'trouble', data: {where: 'journal', ...describeTorn(torn)}});
  }
  for (const problem of problems) journal.append({type: 'trouble', data: {where: 'secrets', ...problem}});
  const samples = await SamplesFile.create({folder, redact, number: number + 1});

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
    interruption,
    maxDurationMs: maxDurationIn(entries),
    ...(options.askPerson === undefined ? {} : {askPerson: options.askPerson}),
    ...(onSample === undefined ? {} : {onSample: toLive(onSample)}),
  };
  const startedAt = Date.parse(entries[0]?.time ?? '');
  const finished = await takeDeclarations({folder, record, clock, startedAt}, () => resumePhases(inputs, past)).then(
    (resumed) => (resumed ? finishRun({journal, record, folder, redact}) : undefined),
    (error: unknown) => tellUnfinished({record, folder, redact}, error),
  );
  if (finished === undefined) {
    journal.close();
    await lock.leave();
    const left = await describeByHand(folder, options, stepsOf(past));
    return err({problems: problemsIn(folder), exitCode: past.pending.length === 0 ? 2 : 4, left});
  }
  await endLock(lock, finished);
  return ok(finished);
}

function stepsOf({pending}: Past): readonly string[] {
  return pending.map(({step}) => step);
}

function problemsIn(folder: string): readonly Failure[] {
  const read = readJournal(path.join(folder, 'journal.ndjson'));
  const failed = read.ok ? read.value.entries.findLast((entry) => entry.type === 'resume.failed') : undefined;
  return failed?.type === 'resume.failed' ? failed.data.problems : [];
}
