import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {writeFileWhole} from '../../src/util/write-file-whole.ts';

describe('util/write-file-whole', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-write-'));
  });
  afterEach(() => rm(folder, {recursive: true, force: true}));

  it('writes a file that only its owner reads', async () => {
    const file = path.join(folder, 'result.json');

    await writeFileWhole(file, '{}');

    expect(await readFile(file, 'utf8')).toBe('{}');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('replaces a file and leaves nothing beside it', async () => {
    const file = path.join(folder, 'result.json');
    await writeFile(file, 'old and longer');

    await writeFileWhole(file, 'new');

    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['result.json']);
  });
});
