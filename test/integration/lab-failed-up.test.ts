import {once} from 'node:events';
import {mkdir, readdir, readlink, symlink, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {findLab} from '../../lab/lab.ts';
import {choosePorts} from '../../lab/ports.ts';
import {type CliRun, projectFolder, runShell} from '../helpers/run-cli.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

describe('lab up that can not get up', () => {
  let temp: TempFolder;
  let home: string;
  beforeEach(async () => {
    temp = await createTempFolder();
    home = path.join(temp.path, 'home');
    await mkdir(home);
  });
  afterEach(async () => {
    await (await findLab(home))?.down();
    await temp.remove();
  });

  const lab = (args: string, env: Readonly<Record<string, string>> = {}): Promise<CliRun> =>
    runShell(`'${process.execPath}' '${path.join(projectFolder, 'lab', 'cli.ts')}' ${args} --home '${home}'`, {
      env: {TMPDIR: temp.path, ...env},
    });

  it.each([
    ['postgres', 1],
    ['assistant', 4],
  ])('names the port that is taken where %s would be', async (system, offset) => {
    const {vault: base} = await choosePorts('auto');
    const other = createServer().listen(base + offset, '127.0.0.1');
    await once(other, 'listening');

    const up = await lab(`up --ports ${base}`);
    other.close();

    expect(up.exitCode).toBe(1);
    expect(up.stderr).toContain(`lab: Expected port ${base + offset} to be free for ${system}, and it is taken.`);
    expect(await temp.processes()).toEqual([]);
    expect(await temp.files()).toEqual(['home']);
  });

  it('ends PostgreSQL when OpenBao ends by itself', async () => {
    const bao = path.join(temp.path, 'home', 'bao');
    await writeFile(bao, '#!/bin/sh\necho "no such license" >&2; exit 1\n', {mode: 0o755});

    const up = await lab('up --ports auto', {BAO_BIN: bao});

    expect(up.exitCode).toBe(1);
    expect(up.stderr).toContain('lab: OpenBao ended by itself. Its log ends with: no such license');
    expect(await temp.processes()).toEqual([]);
    expect(await temp.files()).toEqual(['home']);
  });

  it('touches no folder of a home that is no lab of its own', async () => {
    await mkdir(path.join(home, 'lab'));
    await lab('up --ports auto');

    const down = await lab('down');

    expect(down).toMatchObject({exitCode: 0, stderr: 'lab: all gone\n'});
    expect(await temp.processes()).toEqual([]);
    expect(await temp.files()).toEqual(['home']);
    await expect(readlink(path.join(home, 'lab'))).rejects.toThrow('EINVAL');
  });

  it('replaces what is left of a lab whose data is gone', async () => {
    await symlink(path.join(temp.path, 'gone'), path.join(home, '.lab'));

    const before = await lab('status --json');
    const up = await lab('up --ports auto');
    const down = await lab('down');

    expect(JSON.parse(before.stdout)).toEqual({running: false});
    expect([up.exitCode, down.exitCode], up.stderr).toEqual([0, 0]);
    expect(await temp.processes()).toEqual([]);
    expect([await temp.files(), await readdir(home)]).toEqual([['home'], []]);
  });

  it('is not whole where none runs, and has nothing to end', async () => {
    const check = await lab('status --check');
    const down = await lab('down');

    expect(check).toMatchObject({exitCode: 1, stderr: 'lab: no lab runs here\n'});
    expect(down).toMatchObject({exitCode: 0, stderr: 'lab: no lab runs here\n'});
  });
});
