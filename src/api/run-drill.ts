import {randomBytes} from 'node:crypto';
import path from 'node:path';
import type {Clock} from '../contract/clock.ts';
import type {Entry, Failure} from '../journal/entries.ts';
import {Journal} from '../journal/journal.ts';
import {SamplesFile} from '../journal/samples-file.ts';
import type {Plan} from '../plan/plan.ts';
import {createRedactor} from '../redact/redactor.ts';
import {sanitize} from '../redact/sanitize.ts';
import type {LiveSample} from '../report/live-sample.ts';
import {renderReport} from '../report/render-report.ts';
import {Interruption} from '../run/interruption.ts';
import type {SampleListener} from '../run/probe-board.ts';
import {runDrill as runPhases} from '../run/run-drill.ts';
import {loadSecrets} from '../run/values.ts';
import {err, ok, type Result} from '../util/result.ts';
import {writeFileWhole} from '../util/write-file-whole.ts';
import type {RunResult} from '../verdict/result.ts';
import {readRun} from './read-run.ts';
import {lockIntegration} from './run-lock.ts';
import {version} from './version.ts';

export {Interruption};

export type RunOptions = {
  readonly plan: Plan;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of all runs is `runs` in it. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly interruption: Interruption;
  /** Rollback starts after so long. */
  readonly maxDurationMs: number;
  readonly until?: 'baseline';
  readonly onEntry?: (entry: Entry) => void;
  readonly onSample?: (sample: LiveSample) => void;
};

export type FinishedRun = {readonly result: RunResult; readonly folder: string; readonly reportFile: string};

/** One run, from the first entry to the verdict and its report. Bad secrets are refused before anything is written. */
export async function runDrill(options: RunOptions): Promise<Result<FinishedRun, readonly Failure[]>> {
  const {plan, env, clock} = options;
  const redactor = createRedactor();
  const redact = (text: string): string => redactor.redact(text);
  const secrets = await loadSecrets(plan.secrets, {env, base: plan.base, redactor});
  if (!secrets.ok) return err(secrets.error);

  const run = nameRun(clock, plan.record.integration.name);
  const {stateDir} = options;
  const lock = await lockIntegration({stateDir, integration: plan.record.integration.name, run});
  if (!lock.ok) return err([lock.error]);
  const folder = path.join(path.resolve(options.stateDir), 'runs', run);
  const journal = await Journal.create({folder, redact, clock}).catch(async (error: unknown) => {
    await lock.value.release();
    throw error;
  });
  if (options.onEntry !== undefined) journal.subscribe(options.onEntry);
  const samples = await SamplesFile.create({folder, redact});
  const started = {
    run,
    tool: version,
    node: process.version,
    target: 'real',
    nonce: randomBytes(16).toString('hex'),
  } as const;
  journal.append({
    type: 'run.started',
    data: {...started, ...(options.until === undefined ? {} : {until: options.until})},
  });
  journal.append({type: 'run.planned', data: plan.record});
  await writeFileWhole(path.join(folder, 'plan.json'), redact(`${JSON.stringify(plan.record, null, 2)}\n`));

  await runPhases({
    run,
    plan,
    folder,
    journal,
    samples,
    redactor,
    clock,
    env,
    secrets: secrets.value,
    interruption: options.interruption,
    maxDurationMs: options.maxDurationMs,
    ...(options.until === undefined ? {} : {until: options.until}),
    ...(options.onSample === undefined ? {} : {onSample: toLive(options.onSample)}),
  });

  journal.append({type: 'phase.started', data: {phase: 'verdict'}});
  const {result} = readRun(folder);
  const {verdict, exitCode, status} = result;
  journal.append({type: 'run.finished', data: {verdict, exitCode, status}});
  journal.close();
  await writeFileWhole(path.join(folder, 'result.json'), redact(`${JSON.stringify(result, null, 2)}\n`));
  const reportFile = path.join(folder, 'report.txt');
  await writeFileWhole(reportFile, sanitize(redact(renderReport(result, {color: false, width: 100}))));
  await lock.value.release();
  return ok({result, folder, reportFile});
}

function toLive(listener: (sample: LiveSample) => void): SampleListener {
  return ({options: {probe, role, generation}}, {state, code, sentAt, receivedAt}) =>
    listener({probe, role, generation, state, code, latencyMs: receivedAt - sentAt});
}

const suffixLetters = 'abcdefghjkmnpqrstuvwxyz23456789';

function nameRun(clock: Clock, integration: string): string {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const suffix = Array.from(randomBytes(4), (byte) => suffixLetters[byte % suffixLetters.length]).join('');
  return `${stamp}-${integration}-${suffix}`;
}
