import {mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {deliver} from '../../src/drivers/deliver.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';

describe('drivers/deliver', () => {
  it('puts a secret where only its owner reads it', async () => {
    const file = path.join(await scratchFolder('deliver'), 'secret-id');

    await deliver(file, 'the-secret', 'a secret-id');

    expect(await readFile(file, 'utf8')).toBe('the-secret');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('removes what a process that was killed left beside it, and nothing else', async () => {
    const folder = await scratchFolder('deliver');
    for (const name of ['.secret-id.4711.part', '.secret-id.old', '.other.4711.part', 'secret-id.4711.part'])
      await writeFile(path.join(folder, name), 'left');

    await deliver(path.join(folder, 'secret-id'), 'the-secret', 'a secret-id');

    expect((await readdir(folder)).toSorted()).toEqual([
      '.other.4711.part',
      '.secret-id.old',
      'secret-id',
      'secret-id.4711.part',
    ]);
  });

  it.each([
    ['its folder is missing', 'nowhere/secret-id', 'ENOENT'],
    ['a folder is in its place', 'taken', 'EISDIR'],
  ])('keeps no half of it where %s', async (_what, name, errno) => {
    const folder = await scratchFolder('deliver');
    await mkdir(path.join(folder, 'taken'));

    const delivered = deliver(path.join(folder, name), 'the-secret', 'a secret-id');

    await expect(delivered).rejects.toMatchObject({code: 'failed', detail: errno});
    await expect(delivered).rejects.not.toThrow('the-secret');
    expect(await readdir(folder)).toEqual(['taken']);
  });
});
