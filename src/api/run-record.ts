import {randomBytes} from 'node:crypto';
import {rename} from 'node:fs/promises';
import path from 'node:path';
import type {Clock} from '../contract/clock.ts';
import type {Entry, Failure} from '../journal/entries.ts';
import type {Journal} from '../journal/journal.ts';
import {errnoOf} from '../journal/journal-error.ts';
import {type Redact, serializeRedacted} from '../journal/serialize-redacted.ts';
import type {LiveSample} from '../report/live-sample.ts';
import {renderReport} from '../report/render-report.ts';
import type {SampleListener} from '../run/probe-board.ts';
import {sanitize} from '../util/sanitize.ts';
import {writeFileWhole} from '../util/write-file-whole.ts';
import type {RunResult} from '../verdict/result.ts';
import type {KeptRecord} from './kept-record.ts';
import {readRun} from './read-run.ts';

export type FinishedRun = {
  readonly result: RunResult;
  readonly folder: string;
  /** None where the record could not be finished: why is in `unrecorded`, and the result is from memory. */
  readonly reportFile?: string;
  readonly unrecorded?: string;
};

export type Listeners = {
  readonly onEntry?: (entry: Entry) => void;
  readonly onSample?: (sample: LiveSample) => void;
};

/** Where a run keeps its records. */
export function runFolder(stateDir: string, run: string): string {
  return path.join(path.resolve(stateDir), 'runs', run);
}

const suffixLetters = 'abcdefghjkmnpqrstuvwxyz23456789';

export function nameRun(clock: Clock, integration: string): string {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const suffix = Array.from(randomBytes(4), (byte) => suffixLetters[byte % suffixLetters.length]).join('');
  return `${stamp}-${integration}-${suffix}`;
}

/** What the verdict is, said in the journal as its last entry. */
function judgeRun(journal: Journal, folder: string): void {
  journal.append({type: 'phase.started', data: {phase: 'verdict'}});
  const {verdict, exitCode, status} = readRun(folder).result;
  journal.append({type: 'run.finished', data: {verdict, exitCode, status}});
  journal.close();
}

/** `result.json` and `report.txt`, of a journal that is finished. */
export async function writeResult(folder: string, redact: Redact): Promise<FinishedRun> {
  const {result} = readRun(folder);
  const reportFile = path.join(folder, 'report.txt');
  await writeFileWhole(reportFile, sanitize(redact(renderReport(result, {color: false, width: 100}))));
  await writeFileWhole(path.join(folder, 'result.json'), `${serializeRedacted(result, redact, 2)}\n`);
  return {result, folder, reportFile};
}

/** The end of a run: its verdict in the journal, `result.json` and the report; where the disk takes none of it, from memory. */
export async function finishRun({
  journal,
  record,
  folder,
  redact,
}: {
  readonly journal: Journal;
  readonly record: KeptRecord;
  readonly folder: string;
  readonly redact: Redact;
}): Promise<FinishedRun> {
  try {
    judgeRun(journal, folder);
    return await writeResult(folder, redact);
  } catch (error) {
    return tellUnfinished({record, folder, redact}, error);
  }
}

/** What a run came to whose record can't be finished, from memory: what is left to do is told whatever happens. */
export function tellUnfinished(
  {record, folder, redact}: {readonly record: KeptRecord; readonly folder: string; readonly redact: Redact},
  error: unknown,
): FinishedRun {
  const unrecorded = redact(error instanceof Error ? error.message : 'Something was thrown that is no error.');
  return {result: record.judgeUnfinished(error), folder, unrecorded};
}

/** The run is no longer finished. What it had come to is kept beside. */
export async function setResultAside(folder: string, number: number): Promise<void> {
  try {
    await rename(path.join(folder, 'result.json'), path.join(folder, `result.${number}.json`));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Whether the process that went on with the run last came to its end; what was read again later is no matter of that. */
export function hasFinished(entries: readonly Entry[]): boolean {
  const last = entries.findLast(({type}) => ['run.started', 'run.resumed', 'run.finished'].includes(type));
  return last?.type === 'run.finished';
}

/** How many processes have written to the journal; what each of them leaves aside has its number. */
export function countProcesses(entries: readonly Entry[]): number {
  return entries.filter(({type}) => ['run.started', 'run.resumed', 'run.reconciled'].includes(type)).length;
}

/** What was cut off from a journal that its writer was cut off from. */
export function describeTorn({bytes, file}: {readonly bytes: number; readonly file: string}): Failure {
  return {code: 'torn', message: `Its last line was torn (${bytes} bytes), and is kept in \`${file}\`.`};
}

/** As the run was told. */
export function maxDurationIn(entries: readonly Entry[]): number {
  const inputs = entries.find((entry) => entry.type === 'run.inputs');
  return inputs?.type === 'run.inputs' ? inputs.data.maxDurationMs : 900_000;
}

export function toLive(listener: (sample: LiveSample) => void): SampleListener {
  return ({options: {probe, role, generation}}, {state, code, sentAt, receivedAt}) =>
    listener({probe, role, generation, state, code, latencyMs: receivedAt - sentAt});
}
