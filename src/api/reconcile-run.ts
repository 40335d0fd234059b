import {copyFile, readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import * as z from 'zod';
import type {Clock} from '../contract/clock.ts';
import type {DriverCatalog} from '../contract/driver.ts';
import type {PlanRecord} from '../contract/plan-record.ts';
import type {Entry, Failure, JournalEvent} from '../journal/entries.ts';
import {Journal} from '../journal/journal.ts';
import {errnoOf} from '../journal/journal-error.ts';
import {checkOwnFolder} from '../journal/private-folder.ts';
import {readJournal} from '../journal/read-journal.ts';
import {recoverJournal} from '../journal/recover-journal.ts';
import {strayEnvironment} from '../plan/stray-environment.ts';
import {createRedactor} from '../redact/redactor.ts';
import type {Interruption} from '../run/interruption.ts';
import {scanRunFolder} from '../run/phases/scan.ts';
import {findLate, reconcileAudit, settled} from '../run/reconcile-audit.ts';
import {loadKnownSecrets} from '../run/values.ts';
import {err, ok, type Result} from '../util/result.ts';
import {failureIn} from './failure-in.ts';
import {KeptRecord} from './kept-record.ts';
import {planAgain} from './plan-again.ts';
import {readRun} from './read-run.ts';
import {lockIntegration} from './run-lock.ts';
import {
  countProcesses,
  describeTorn,
  type FinishedRun,
  finishRun,
  hasFinished,
  maxDurationIn,
  runFolder,
  writeResult,
} from './run-record.ts';
import {version} from './version.ts';

export type ReconcileOptions = {
  readonly run: string;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Instead of what was recorded, where that held a secret. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Other drivers than those that come along: the same as the run was planned with. */
  readonly catalog?: DriverCatalog;
  readonly clock: Clock;
  readonly interruption: Interruption;
  /** A record that is still not there is waited for at least so long. */
  readonly waitForAuditMs: number;
  readonly onEvent?: (event: JournalEvent) => void;
};

/** Why a run's records are not read again. Each stands in `docs/errors.md`. */
export const reconcileFailureCodes = ['not-ended', 'nothing-late', 'signed', 'unchanged'] as const;

/** Nothing was written. */
export type NotReconciled = {
  readonly problems: readonly Failure[];
  /** What was asked told no more than before, or did not answer: the run's verdict stands. */
  readonly isUnchanged: boolean;
  readonly exitCode: 2 | 130 | 143;
};

/** `problems`: of systems whose records could not be read, beside others that could. */
export type Reconciled = {readonly finished: FinishedRun; readonly problems: readonly Failure[]};

/**
 * Reads the audit records again that come in later than what they tell of, once a run has ended, and judges it anew. The
 * journal grows by what was read, until the run is signed: its evidence is of these very lines. Changes nothing outside.
 */
export async function reconcileRun(options: ReconcileOptions): Promise<Result<Reconciled, NotReconciled>> {
  const {stateDir, run} = options;
  const folder = runFolder(stateDir, run);
  try {
    for (const own of [path.dirname(folder), folder]) checkOwnFolder(own);
  } catch (error) {
    return refuse([failureIn(error)]);
  }
  const read = readJournal(path.join(folder, 'journal.ndjson'));
  if (!read.ok) return refuse([damaged(run, read.error)]);
  const {entries} = read.value;
  const planned = entries.find((entry) => entry.type === 'run.planned');
  if (planned?.type !== 'run.planned') return refuse([notEnded(run)]);
  const lock = await lockIntegration({stateDir, integration: planned.data.integration.name, run, resumes: true});
  if (!lock.ok) return refuse([hasFinished(entries) ? lock.error : notEnded(run)]);
  try {
    return await readAgain(options, folder);
  } finally {
    await lock.value.putBack().catch(() => undefined);
  }
}

async function readAgain(options: ReconcileOptions, folder: string): Promise<Result<Reconciled, NotReconciled>> {
  const {run, env, clock, interruption, waitForAuditMs, onEvent} = options;
  const read = readJournal(path.join(folder, 'journal.ndjson'));
  if (!read.ok) return refuse([damaged(run, read.error)]);
  const {entries} = read.value;
  if (!hasFinished(entries)) return refuse([notEnded(run)]);
  if (await isSigned(folder)) return refuse([signed(run)]);
  const told = settled(entries);
  const planned = await planAgain(folder, entries, options);
  if (!planned.ok) return refuse(planned.error);
  const plan = planned.value;
  if (!entries.some(({type}) => type === 'audit.noted')) return refuse([nothingLate(run)]);
  const differs = differenceOf(plan.record, entries);
  if (differs !== undefined) return refuse([planChanged(differs)]);
  const stray = strayEnvironment(plan, env);
  if (stray.length > 0) return refuse(stray);
  const redactor = createRedactor();
  const redact = (text: string): string => redactor.redact(text);
  if (findLate(plan.audits, told).length === 0) {
    // Where the process was cut off between the journal and what is told of it.
    if (await isTold(folder)) return unchanged();
    return ok({finished: await writeResult(folder, redact), problems: []});
  }
  const {secrets, problems: unknown} = await loadKnownSecrets(plan.secrets, {env, base: plan.base, redactor});
  const {events, problems, refused} = await reconcileAudit(
    {
      run,
      plan,
      redactor,
      clock,
      secrets,
      interruption,
      maxDurationMs: Math.max(maxDurationIn(entries), waitForAuditMs),
      waitForAuditMs,
      ...(onEvent === undefined ? {} : {onEvent}),
    },
    told,
  );
  const hidden = [...unknown, ...problems.map(({code, message}) => ({code, message: redact(message)}))];
  if (refused) return refuse(hidden);
  if (interruption.cause !== undefined) {
    const stopped = [{code: 'interrupted', message: 'Interrupted: nothing was written.'}];
    return err({problems: stopped, isUnchanged: false, exitCode: interruption.cause === 'SIGINT' ? 130 : 143});
  }
  if (events.length === 0) return unchanged(problems.length === 0 ? undefined : hidden);
  if (await isSigned(folder)) return refuse([signed(run)]);
  await keepResult(folder, countProcesses(entries));
  let journal: Journal | undefined;
  try {
    const recovered = await recoverJournal(folder);
    if (!recovered.ok) return refuse([damaged(run, recovered.error)]);
    const {torn} = recovered.value;
    journal = Journal.reopen({folder, redact, clock}, recovered.value);
    const record = new KeptRecord(journal, {redact, clock, before: recovered.value.entries});
    record.append({type: 'run.reconciled', data: {tool: version, node: process.version, at: clock.now()}});
    if (torn !== undefined) record.append({type: 'trouble', data: {where: 'journal', ...describeTorn(torn)}});
    for (const problem of unknown) record.append({type: 'trouble', data: {where: 'secrets', ...problem}});
    for (const event of events) record.append(event);
    record.append({type: 'scan.finished', data: await scanRunFolder(folder, redactor)});
    return ok({finished: await finishRun({journal, record, folder, redact}), problems: hidden});
  } catch (error) {
    // Cut off here, it is done once more as a whole: the run has its result still.
    journal?.close();
    return refuse([failureIn(error)]);
  }
}

/** Beside the new one, which takes its place at once: a run without a result would be one that was cut off. */
async function keepResult(folder: string, number: number): Promise<void> {
  await copyFile(path.join(folder, 'result.json'), path.join(folder, `result.${number}.json`)).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

/** Whether `result.json` says what the journal says. */
async function isTold(folder: string): Promise<boolean> {
  const {verdict, exitCode} = readRun(folder).result;
  const kept: unknown = await readFile(path.join(folder, 'result.json'), 'utf8')
    .then((text) => JSON.parse(text))
    .catch(() => undefined);
  const parsed = z.object({verdict: z.string(), exitCode: z.number()}).safeParse(kept);
  return parsed.data?.verdict === verdict && parsed.data.exitCode === exitCode;
}

/** What is read, and what of it counts, is as the run was planned. */
function differenceOf(again: PlanRecord, entries: readonly Entry[]): 'audit' | 'scope' | undefined {
  const planned = entries.find((entry) => entry.type === 'run.planned');
  const before = planned?.type === 'run.planned' ? planned.data : undefined;
  const plain: PlanRecord = JSON.parse(JSON.stringify(again));
  return (['audit', 'scope'] as const).find((part) => !isDeepStrictEqual(plain[part], before?.[part]));
}

function planChanged(part: string): Failure {
  return {
    code: 'plan-changed',
    message: `Its ${part} would not be the same again. Nothing was touched: use the version that it was run with.`,
  };
}

/** Whether a bundle of evidence lies in the run's folder. */
async function isSigned(folder: string): Promise<boolean> {
  const files = await readdir(folder);
  return files.some((file) => file.endsWith('.intoto.jsonl') || file.endsWith('.sigstore.json'));
}

function refuse(problems: readonly Failure[]): Result<never, NotReconciled> {
  return err({problems, isUnchanged: false, exitCode: 2});
}

function unchanged(
  problems: readonly Failure[] = [
    {code: 'unchanged', message: 'The records tell no more than they did. Nothing was written.'},
  ],
): Result<never, NotReconciled> {
  return err({problems, isUnchanged: true, exitCode: 2});
}

function notEnded(run: string): Failure {
  const message = `Expected \`${run}\` to have ended, and it has not. Wait for it, or where it was cut off, \`offdrill resume ${run}\` goes on with it.`;
  return {code: 'not-ended', message};
}

function signed(run: string): Failure {
  const message = `Expected \`${run}\` not to be signed yet, and it is: its evidence would no longer be of this journal. Run the drill again with --wait-for-audit, or sign later.`;
  return {code: 'signed', message};
}

function damaged(run: string, {line, reason}: {readonly line: number; readonly reason: string}): Failure {
  const message = `Expected the journal of \`${run}\` to be whole, and line ${line} is not: ${reason} Nothing was touched.`;
  return {code: 'journal-damaged', message};
}

function nothingLate(run: string): Failure {
  const message = `Expected a record of \`${run}\` that comes in later than what it tells of, such as that of \`aws/cloudtrail\`, with what the run noted of it at its end, and there is none. What could not be told then, can't be told now.`;
  return {code: 'nothing-late', message};
}
