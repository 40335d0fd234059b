import {spawn} from 'node:child_process';
import {closeSync, openSync, readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';

/** A process of the lab. The start time tells it from another one that got the same number later. */
export type LabProcess = {readonly pid: number; readonly startedAt: string};

/** Starts a process in a session of its own, so that it outlives the command that started it. Its output goes to `log`. */
export function startProcess(
  argv: readonly string[],
  options: {
    readonly log: string;
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly uid?: number;
    readonly gid?: number;
  },
): LabProcess {
  const [program = '', ...args] = argv;
  const log = openSync(options.log, 'a', 0o600);
  const {uid, gid} = options;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: {PATH: process.env.PATH, ...options.env},
    detached: true,
    stdio: ['ignore', log, log],
    ...(uid === undefined ? {} : {uid}),
    ...(gid === undefined ? {} : {gid}),
  });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  if (child.pid === undefined) throw new Error(`Expected to start \`${program}\`, but it can't be run.`);
  return {pid: child.pid, startedAt: startTimeOf(child.pid) ?? ''};
}

/** This process, as others can tell it from a later one of the same number. */
export function ownProcess(): LabProcess {
  return {pid: process.pid, startedAt: startTimeOf(process.pid) ?? ''};
}

/** True while that very process runs. */
export function isRunning({pid, startedAt}: LabProcess): boolean {
  const found = startTimeOf(pid);
  return found !== undefined && (startedAt === '' || found === startedAt);
}

/** Throws where a process that was started has ended, with the last line of its log. Waiting for it would be in vain. */
export function refuseIfEnded(name: string, target: LabProcess, log: string): void {
  if (isRunning(target)) return;
  const last = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' · ');
  throw new EndedError(`${name} ended by itself. Its log ends with: ${last}`);
}

/** A process of the lab is gone that was to stay. */
export class EndedError extends Error {
  override readonly name = 'EndedError';
}

/** Ends a process: asks, waits for two seconds, then kills. Safe when it is gone. */
export async function stopProcess(target: LabProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!isRunning(target)) return;
  kill(target.pid, signal);
  for (let waitedMs = 0; waitedMs < 2000; waitedMs += 10) {
    if (!isRunning(target)) return;
    await delay(10);
  }
  kill(target.pid, 'SIGKILL');
  while (isRunning(target)) await delay(10);
}

/** The kernel's start time of a process; undefined when it is gone, or a zombie. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return process.platform === 'linux' ? undefined : startTimeWithoutProc(pid);
  }
}

function startTimeWithoutProc(pid: number): string | undefined {
  return kill(pid, 0) ? '' : undefined;
}

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
