import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdir, readdir} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {findLab} from '../../lab/lab.ts';
import {readState} from '../../lab/state.ts';
import {until} from '../helpers/context.ts';
import {projectFolder} from '../helpers/run-cli.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

const labFile = path.join(projectFolder, 'lab', 'cli.ts');

describe('lab up, told to stop', () => {
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

  /** Starts `lab up` as a shell does: in a process group of its own. */
  const startUp = (then = '') => {
    const up = `'${process.execPath}' '${labFile}' up --ports auto --home '${home}'`;
    const child = spawn('sh', ['-c', then === '' ? `exec ${up}` : `${up} && ${then}`], {
      detached: true,
      env: {...process.env, TMPDIR: temp.path},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const {pid = 0} = child;
    let output = '';
    const shown = (text: string): void => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', shown);
    child.stderr.setEncoding('utf8').on('data', shown);
    const ended = once(child, 'close').then(([code]) => ({code, output}));
    return {pid, ended, shows: (text: string) => until(async () => output.includes(text))};
  };
  const isThere = (name: string) => until(async () => existsSync(path.join(home, '.lab', name)));

  const stages = [
    ['PostgreSQL makes its data', 'postgres/data/base'],
    ['PostgreSQL starts', 'postgres/data/postmaster.opts'],
    ['OpenBao is furnished', 'orders-mcp/role-id'],
    ['the apps start', 'logs/checkout.log'],
  ] as const;

  it.each(stages)('leaves nothing behind after Ctrl-C while %s', async (_stage, sign) => {
    const up = startUp();
    await isThere(sign);

    process.kill(-up.pid, 'SIGINT');
    const {code, output} = await up.ended;

    expect(code).toBe(1);
    expect(output).toContain('lab: Interrupted by SIGINT: nothing is left running.');
    expect(await temp.processes()).toEqual([]);
    expect([await temp.files(), await readdir(home)]).toEqual([['home'], []]);
  });

  // It reaches the process alone, and not what it starts.
  it.each([stages[0], stages[3]])('leaves nothing behind after SIGTERM while %s', async (_stage, sign) => {
    const up = startUp();
    await isThere(sign);

    process.kill(up.pid, 'SIGTERM');
    const {code, output} = await up.ended;

    expect(code).toBe(1);
    expect(output).toContain('lab: Interrupted by SIGTERM: nothing is left running.');
    expect(await temp.processes()).toEqual([]);
    expect([await temp.files(), await readdir(home)]).toEqual([['home'], []]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is whole or gone when %s comes as it gets whole', async (signal) => {
    const up = startUp();
    await up.shows('assistant up');

    process.kill(up.pid, signal);
    const {code} = await up.ended;
    const lab = await findLab(home);

    expect(lab === undefined).toBe(code === 1);
    expect(await lab?.check()).toEqual(lab === undefined ? undefined : []);
    await lab?.down();
    expect(await temp.processes()).toEqual([]);
    expect([await temp.files(), await readdir(home)]).toEqual([['home'], []]);
  });

  it('is ended by down when it was killed as its servers start', async () => {
    const up = startUp();
    await until(async () => {
      const started = (await readState(home))?.processes;
      return started?.postgres !== undefined && started.openbao !== undefined;
    });

    process.kill(up.pid, 'SIGKILL');
    await up.ended;
    const alive = await temp.processes();
    await (await findLab(home))?.down();

    expect(alive.length).toBeGreaterThanOrEqual(2);
    expect(await temp.processes()).toEqual([]);
    expect([await temp.files(), await readdir(home)]).toEqual([['home'], []]);
  });

  it('lives on when Ctrl-C comes after it has returned', async () => {
    const up = startUp('echo returned && exec sleep 60');
    await up.shows('returned');

    process.kill(-up.pid, 'SIGINT');
    await up.ended;
    const lab = await findLab(home);

    expect(await lab?.check()).toEqual([]);
    expect((await temp.processes()).length).toBeGreaterThanOrEqual(5);
    await lab?.down();
    expect(await temp.processes()).toEqual([]);
    expect([await temp.files(), await readdir(home)]).toEqual([['home'], []]);
  });
});
