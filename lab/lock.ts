import {randomUUID} from 'node:crypto';
import {linkSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {isRunning, type LabProcess, ownProcess} from './processes.ts';

/** Does something while no other process does. The lock of a process that is gone is broken. */
export async function withLock<T>(file: string, act: () => Promise<T>, limitMs = 20_000): Promise<T> {
  const deadline = performance.now() + limitMs;
  while (!take(file)) {
    const holder = holderOf(file);
    if (holder !== undefined && !isRunning(holder)) breakLock(file, holder);
    else if (performance.now() > deadline) {
      throw new Error(
        `Expected to change the lab within ${limitMs / 1000} s, but another process does: ${file} says which. Try again.`,
      );
    } else await delay(10);
  }
  try {
    return await act();
  } finally {
    rmSync(file, {force: true});
  }
}

/** A link appears with its content, so that nobody reads half of it. */
function take(file: string): boolean {
  const own = `${file}.${randomUUID()}`;
  writeFileSync(own, JSON.stringify(ownProcess()), {mode: 0o600});
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, {force: true});
  }
}

function holderOf(file: string): LabProcess | undefined {
  try {
    const {pid, startedAt}: Record<string, unknown> = Object(JSON.parse(readFileSync(file, 'utf8')));
    return {pid: Number(pid), startedAt: String(startedAt)};
  } catch {
    return undefined;
  }
}

/** Another process may have broken it meanwhile, and hold it: that one is put back. */
function breakLock(file: string, gone: LabProcess): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    const found = holderOf(aside);
    if (found?.pid !== gone.pid || found.startedAt !== gone.startedAt) linkSync(aside, file);
  } catch {
    // Somebody else was faster; the next look decides.
  } finally {
    rmSync(aside, {force: true});
  }
}
