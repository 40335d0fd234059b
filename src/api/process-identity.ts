import {existsSync, readFileSync, readlinkSync} from 'node:fs';
import {hostname} from 'node:os';

/** One process among all that ever were on all machines, as far as the system tells. */
export type ProcessIdentity = {
  readonly host: string;
  /** Empty where the system has none. */
  readonly machine: string;
  /** Changes with each boot. */
  readonly boot: string;
  /** Process numbers mean something only within it. */
  readonly namespace: string;
  readonly pid: number;
  /** In the system's own ticks: a process number is given again. */
  readonly startedAt: string;
};

/** This process. What a system does not tell is empty. */
export function identifyProcess(): ProcessIdentity {
  return {
    host: hostname(),
    machine: readOr('/etc/machine-id'),
    boot: readOr('/proc/sys/kernel/random/boot_id'),
    namespace: namespaceOf('self'),
    pid: process.pid,
    startedAt: startOf(process.pid),
  };
}

/**
 * `unknown` where it is on another machine, or in another container: nothing here tells of it. Without a machine-id, another
 * boot may be another machine of the same name.
 */
export function stateOf(other: ProcessIdentity, self = identifyProcess()): 'alive' | 'dead' | 'unknown' {
  const isSameMachine = other.host === self.host && other.machine === self.machine;
  if (!isSameMachine) return 'unknown';
  if (other.boot !== self.boot) return self.machine === '' ? 'unknown' : 'dead';
  if (other.namespace !== self.namespace) return 'unknown';
  if (!isThere(other.pid)) return 'dead';
  return startOf(other.pid) === other.startedAt ? 'alive' : 'dead';
}

function isThere(pid: number): boolean {
  if (existsSync('/proc/self')) return existsSync(`/proc/${pid}`);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The name of the program may hold spaces and brackets: what is counted begins after the last one. */
function startOf(pid: number): string {
  const fields = readOr(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? '');
}

function namespaceOf(pid: 'self'): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return '';
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
