import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {isRunning, refuseIfEnded, startProcess, stopProcess} from '../../lab/processes.ts';
import {waitFor} from '../../lab/wait-for.ts';

describe('lab/processes', () => {
  let folder: string;
  let log: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-processes-'));
    log = path.join(folder, 'log');
  });
  afterEach(() => rm(folder, {recursive: true, force: true}));

  const start = (script: string) => startProcess(['sh', '-c', script], {log, env: {}, cwd: folder});

  it('ends a process that ends when asked', async () => {
    const started = start('sleep 60');
    expect(isRunning(started)).toBe(true);

    await stopProcess(started);
    await stopProcess(started);

    expect(isRunning(started)).toBe(false);
  });

  it('kills one that does not', async () => {
    const started = start("trap '' TERM; echo ready; while :; do sleep 0.1; done");
    await waitFor('ready', 5000, async () => (await readFile(log, 'utf8')).includes('ready'));

    await stopProcess(started);

    expect(isRunning(started)).toBe(false);
  });

  it('takes no other process for it that has its number', () => {
    const other = {pid: process.pid, startedAt: '1'};

    expect(isRunning(other)).toBe(false);
  });

  it('says at once when one ended by itself, with the end of its log', async () => {
    const started = start('echo "address already in use" >&2; exit 1');
    await waitFor('ended', 5000, async () => !isRunning(started));

    expect(() => refuseIfEnded('PostgreSQL', started, log)).toThrow(
      'PostgreSQL ended by itself. Its log ends with: address already in use',
    );
    const waiting = waitFor('PostgreSQL answers', 60_000, async () => {
      refuseIfEnded('PostgreSQL', started, log);
      return false;
    });
    await expect(waiting).rejects.toThrow('ended by itself');
  });

  it('gives a process its own environment, and nothing of ours but the PATH', async () => {
    process.env.OFFDRILL_SECRET_OF_TEST = 'x';
    const started = startProcess(['sh', '-c', 'env'], {log, env: {A: '1'}, cwd: folder});
    await waitFor('ended', 5000, async () => !isRunning(started));
    delete process.env.OFFDRILL_SECRET_OF_TEST;

    const names = (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);

    expect(names).toEqual(expect.arrayContaining(['A', 'PATH']));
    expect(names).not.toContain('OFFDRILL_SECRET_OF_TEST');
  });
});
