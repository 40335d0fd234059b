import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';

/** A folder of the running test's own, gone when it ends. */
export async function scratchFolder(name: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), `offdrill-${name}-`));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  return folder;
}
