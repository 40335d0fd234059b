import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {withLock} from '../../lab/lock.ts';
import {ownProcess} from '../../lab/processes.ts';
import {projectFolder, runShell} from '../helpers/run-cli.ts';

const gone = JSON.stringify({pid: process.pid, startedAt: 'another time'});

describe('lab/lock', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-lock-'));
    file = path.join(folder, 'lock');
  });
  afterEach(() => rm(folder, {recursive: true, force: true}));

  it('lets one process at a time through', async () => {
    const counter = path.join(folder, 'counter');
    await writeFile(counter, '0');
    const script = `
      const {readFile, writeFile} = await import('node:fs/promises');
      const {withLock} = await import('${projectFolder}/lab/lock.ts');
      const add = () => withLock('${file}', async () => writeFile('${counter}', String(1 + Number(await readFile('${counter}', 'utf8')))));
      for (let round = 0; round < 20; round++) await Promise.all([add(), add()]);
    `;
    const child = `'${process.execPath}' --input-type=module -e "${script}"`;

    const ended = await Promise.all([runShell(child), runShell(child), runShell(child)]);

    expect(ended.map(({exitCode, stderr}) => [exitCode, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
    expect(await readFile(counter, 'utf8')).toBe('120');
    expect(await readdir(folder)).toEqual(['counter']);
  });

  it('breaks the lock of a process that is gone', async () => {
    await writeFile(file, gone);

    const results = await Promise.all([1, 2, 3].map((n) => withLock(file, async () => n)));

    expect(results).toEqual([1, 2, 3]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free again after work that failed', async () => {
    await expect(withLock(file, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');

    expect(await withLock(file, async () => 'through')).toBe('through');
  });

  it('says who holds it when its time is over', async () => {
    await writeFile(file, JSON.stringify(ownProcess()));

    await expect(withLock(file, async () => 'through', 30)).rejects.toThrow(
      `Expected to change the lab within 0.03 s, but another process does: ${file} says which. Try again.`,
    );
  });
});
