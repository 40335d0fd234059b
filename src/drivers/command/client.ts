import type {ChildProcess} from 'node:child_process';
import {setTimeout as delay} from 'node:timers/promises';
import {readyWatch, signalGroup, watchGroup} from '../group-watch.ts';
import {createTail} from './tail.ts';

export type ProcessRequest = {
  readonly argv: readonly string[];
  /** All that the process gets beside PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly timeoutMs: number;
};

export type ProcessEnd =
  | {readonly kind: 'exited'; readonly exitCode: number; readonly stderr: string}
  | {readonly kind: 'signalled'; readonly signal: string; readonly stderr: string}
  | {readonly kind: 'timed-out'}
  | {readonly kind: 'aborted'}
  | {readonly kind: 'not-started'; readonly errno: string};

/** What a process that was told to end is given before it is made to. */
const graceMs = 2000;
/** What is written before the exit may arrive after it; a server left behind may hold the pipe open for ever. */
const lateOutputMs = 250;

/**
 * Runs one process to its end, in a process group of its own. Cut off by the time limit, the signal or our own end, the
 * whole group ends with it; after an end of its own, what it left running lives on.
 */
export async function runProcess(request: ProcessRequest, signal: AbortSignal): Promise<ProcessEnd> {
  const {argv, env, folder, timeoutMs} = request;
  const [program = '', ...words] = argv;
  const {execa} = await import('execa');
  if (signal.aborted) return {kind: 'aborted'};
  readyWatch();
  const child = execa(program, words, {
    cwd: folder,
    env: {PATH: process.env.PATH ?? '', ...env},
    extendEnv: false,
    detached: true,
    cleanup: false,
    stdio: ['ignore', 'ignore', 'pipe'],
    buffer: false,
    reject: false,
  });
  const {pid} = child;
  if (pid === undefined) return {kind: 'not-started', errno: (await child).code ?? 'an unknown error'};

  const letLive = watchGroup(pid);
  const leader = child.nodeChildProcess;
  const tail = createTail(child.stderr);
  const over = new AbortController();
  try {
    const cutOff = await endOf(leader, signal, timeoutMs);
    if (cutOff !== undefined) {
      await endGroup(pid);
      return {kind: cutOff};
    }
    if (leader.exitCode !== 0) await Promise.race([tail.ended, delay(lateOutputMs, undefined, {signal: over.signal})]);
    return leader.exitCode === null
      ? {kind: 'signalled', signal: leader.signalCode ?? 'a signal', stderr: tail.text()}
      : {kind: 'exited', exitCode: leader.exitCode, stderr: tail.text()};
  } finally {
    over.abort();
    letLive();
    tail.letGo();
  }
}

/** Why it was cut off; undefined at an end of its own. By plain listeners: signals would cost each start three errors that nobody reads. */
function endOf(
  leader: ChildProcess,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<'aborted' | 'timed-out' | undefined> {
  const {promise, resolve} = Promise.withResolvers<'aborted' | 'timed-out' | undefined>();
  const onExit = (): void => resolve(undefined);
  const onAbort = (): void => resolve('aborted');
  const timer = setTimeout(() => resolve('timed-out'), timeoutMs);
  leader.once('exit', onExit);
  signal.addEventListener('abort', onAbort, {once: true});
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    clearTimeout(timer);
    leader.off('exit', onExit);
    signal.removeEventListener('abort', onAbort);
  });
}

async function endGroup(pid: number): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < graceMs; waitedMs += 25) {
    if (!isGroupAlive(pid)) return;
    await delay(25);
  }
  signalGroup(pid, 'SIGKILL');
}

function isGroupAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}
