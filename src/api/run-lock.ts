import {randomBytes} from 'node:crypto';
import {link, open, readdir, readFile, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type {Failure} from '../journal/entries.ts';
import {createPrivateFolder} from '../journal/private-folder.ts';
import {err, ok, type Result} from '../util/result.ts';
import {changedNothing} from './changed-nothing.ts';
import {listRunNames} from './list-run-names.ts';
import {identifyProcess, stateOf} from './process-identity.ts';
import type {FinishedRun} from './run-record.ts';

export type RunLock = {
  /** From here on something may be touched: whoever holds this and ends without a word leaves a run that is unfinished. */
  begin(): Promise<void>;
  /** The run has ended, and staging is as it was: the next one may begin. */
  release(): Promise<void>;
  /** The run touched nothing: whoever's place it took has it again, and where there was nobody, the next one may begin. */
  giveBack(): Promise<void>;
  /** What holds is as it was before this lock: nothing was touched, and nothing brought back. */
  putBack(): Promise<void>;
  /** The run has not ended, and this process does not go on with it: only a resumption may. */
  leave(): Promise<void>;
};

export type LockOptions = {
  readonly stateDir: string;
  readonly integration: string;
  readonly run: string;
  /** Take the place of this very run, where nobody works on it any more. */
  readonly resumes?: boolean;
  /** Whoever holds the lock is gone for good, where that can't be told from here; or will not be resumed. */
  readonly gone?: boolean;
};

const holderSchema = z.object({
  /** `held`: nothing was touched yet. `left`: unfinished, and nobody works on it. */
  state: z.enum(['held', 'begun', 'left', 'released']),
  run: z.string(),
  process: z.object({
    host: z.string(),
    machine: z.string(),
    boot: z.string(),
    namespace: z.string(),
    pid: z.number(),
    startedAt: z.string(),
  }),
});
type Holder = z.infer<typeof holderSchema>;

/** So many locks before the newest are kept: whoever looked at one of these is never so far behind. */
const kept = 100;
const attempts = 1000;

/**
 * One run at a time of one integration: two would undo each other's work, and one that was cut off may have left staging
 * changed. Each lock is a new file with the next number, made whole or not at all and never made twice, so that of all who
 * found the last one free exactly one makes the next.
 */
export async function lockIntegration(options: LockOptions): Promise<Result<RunLock, Failure>> {
  const {stateDir, integration, run} = options;
  const locks = path.join(path.resolve(stateDir), 'locks');
  await createPrivateFolder(locks);
  const folder = path.join(locks, integration);
  await createPrivateFolder(folder);
  const holder: Holder = {state: options.resumes === true ? 'begun' : 'held', run, process: identifyProcess()};
  const own = await writeBeside(folder, holder);
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const last = Math.max(0, ...(await numbersIn(folder)));
      const before = last === 0 ? undefined : path.join(folder, String(last));
      const refusal = before === undefined ? undefined : await refusalBy(before, options);
      if (refusal !== undefined) return err(refusal);
      const replaced = before === undefined ? undefined : await readHolder(before);
      const file = path.join(folder, String(last + 1));
      if (!(await linkNew(own, file))) continue;
      await forgetOld(folder, last + 1);
      return ok({
        begin: () => replace(folder, file, {...holder, state: 'begun'}),
        release: () => replace(folder, file, {...holder, state: 'released'}),
        giveBack: () =>
          replace(
            folder,
            file,
            replaced === undefined || replaced.run === run ? {...holder, state: 'released'} : replaced,
          ),
        putBack: () => replace(folder, file, replaced ?? {...holder, state: 'released'}),
        leave: () => replace(folder, file, {...holder, state: 'left'}),
      });
    }
  } finally {
    await rm(own, {force: true});
  }
  throw new Error(`Expected to lock \`${integration}\`, and others were faster ${attempts} times.`);
}

/**
 * The next run may begin where this one is on record to its end, and left nothing to bring back. A lock that can't be
 * written any more is found stale by whoever comes next.
 */
export async function endLock(lock: RunLock, {result, unrecorded}: FinishedRun): Promise<void> {
  const isLeft = unrecorded !== undefined || result.exitCode === 4;
  const end = isLeft ? lock.leave() : changedNothing(result) ? lock.giveBack() : lock.release();
  await end.catch(() => undefined);
}

/** Whether the run went so far that it may have touched something, as its integration's lock tells. */
export async function hadBegun(stateDir: string, integration: string, run: string): Promise<boolean> {
  const holder = await lastHolder(path.join(path.resolve(stateDir), 'locks', integration));
  return holder?.run === run && (holder.state === 'begun' || holder.state === 'left');
}

/** Runs that hold a lock, go on nowhere, and whose records are not where they were: nothing can be resumed of them. */
export async function listLost(
  stateDir: string,
): Promise<readonly {readonly integration: string; readonly run: string}[]> {
  const locks = path.join(path.resolve(stateDir), 'locks');
  const known = await listRunNames(stateDir);
  const lost = [];
  for (const integration of await readdir(locks).catch(() => [])) {
    const holder = await lastHolder(path.join(locks, integration));
    if (holder === undefined || (holder.state !== 'begun' && holder.state !== 'left')) continue;
    const goesOn = holder.state === 'begun' && stateOf(holder.process) === 'alive';
    if (!goesOn && !known.includes(holder.run)) lost.push({integration, run: holder.run});
  }
  return lost;
}

async function lastHolder(folder: string): Promise<Holder | undefined> {
  const last = Math.max(0, ...(await numbersIn(folder).catch(() => [])));
  return last === 0 ? undefined : readHolder(path.join(folder, String(last)));
}

/** Why the last lock is not free; undefined where it is. */
async function refusalBy(file: string, options: LockOptions): Promise<Failure | undefined> {
  const {integration, stateDir, run, resumes = false, gone = false} = options;
  const holder = await readHolder(file);
  if (holder === undefined) {
    const message = `Expected to read the lock \`${file}\`, and it is not one. Find out who wrote it; if no run of \`${integration}\` goes on, remove it.`;
    return {code: 'unfinished-run', message};
  }
  if (holder.state === 'released') return undefined;
  const state = holder.state === 'left' ? 'dead' : stateOf(holder.process);
  const where = `process ${holder.process.pid} on ${holder.process.host}`;
  if (state === 'alive') {
    return {
      code: 'unfinished-run',
      message: `Expected no other run of \`${integration}\`, and \`${holder.run}\` goes on (${where}). Wait until it ends.`,
    };
  }
  if (state === 'dead' && holder.state === 'held') return undefined;
  const record = await recordOf(stateDir, holder.run);
  if (record === 'ended') return undefined;
  const isMeant = resumes && holder.run === run;
  if (state === 'unknown' && !gone) {
    return {
      code: 'unfinished-run',
      message: `Expected no unfinished run of \`${integration}\`, and \`${holder.run}\` was begun by ${where}, of which nothing can be told from here. If that is gone for good, \`offdrill resume ${holder.run} --gone\` brings back what it changed.`,
    };
  }
  if (isMeant || (gone && !resumes)) return undefined;
  return {code: 'unfinished-run', message: describeUnfinished(integration, holder.run, record, where)};
}

function describeUnfinished(integration: string, run: string, record: RunRecord, where: string): string {
  const expected = `Expected no unfinished run of \`${integration}\`, and`;
  if (record === 'missing')
    return `${expected} the record of \`${run}\`, which was cut off (${where} is gone), is not where it was. \`offdrill restore FILE --gone\` brings back what is missing.`;
  if (record === 'left')
    return `${expected} \`${run}\` could not bring everything back. \`offdrill resume ${run}\` tries again; once what it listed is done by hand, \`--gone\` lets another one begin.`;
  return `${expected} \`${run}\` was cut off (${where} is gone). \`offdrill resume ${run}\` brings back what it changed.`;
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** `cut-off`: it has no result. `left`: it ended, and something is left to bring back. */
type RunRecord = 'missing' | 'cut-off' | 'left' | 'ended';

async function recordOf(stateDir: string, run: string): Promise<RunRecord> {
  if (run === '' || path.basename(run) !== run) return 'missing';
  const folder = path.join(path.resolve(stateDir), 'runs', run);
  try {
    await readdir(folder);
  } catch {
    return 'missing';
  }
  const text = await readFile(path.join(folder, 'result.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return 'cut-off';
  return exitCodeIn(text) === 4 ? 'left' : 'ended';
}

function exitCodeIn(text: string): number | undefined {
  try {
    return z.object({exitCode: z.number()}).parse(JSON.parse(text)).exitCode;
  } catch {
    return undefined;
  }
}

async function writeBeside(folder: string, holder: Holder): Promise<string> {
  const file = path.join(folder, `.${randomBytes(8).toString('hex')}`);
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(JSON.stringify(holder));
    await handle.sync();
  } finally {
    await handle.close();
  }
  return file;
}

/** False where somebody else was faster. */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function replace(folder: string, file: string, holder: Holder): Promise<void> {
  await rename(await writeBeside(folder, holder), file);
}

async function numbersIn(folder: string): Promise<readonly number[]> {
  return (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function forgetOld(folder: string, newest: number): Promise<void> {
  const old = (await numbersIn(folder)).filter((number) => number < newest - kept);
  await Promise.all(old.map((number) => rm(path.join(folder, String(number)), {force: true})));
}
