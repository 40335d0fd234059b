import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {identifyProcess, type ProcessIdentity} from '../../src/api/process-identity.ts';
import {endLock, hadBegun, type LockOptions, listLost, lockIntegration} from '../../src/api/run-lock.ts';
import {judge} from '../../src/verdict/judge.ts';
import type {RunResult} from '../../src/verdict/result.ts';
import {entriesOf} from '../verdict/journals.ts';

const passed = judge(entriesOf('pass'));
const resultOf = (exitCode: number): RunResult => ({...passed, exitCode});

describe('api/run-lock', () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), 'offdrill-lock-'));
  });
  afterEach(() => rm(stateDir, {recursive: true, force: true}));

  const lock = (run: string, options: Partial<LockOptions> = {}) =>
    lockIntegration({stateDir, integration: 'orders-mcp', run, ...options});
  const messageOf = async (locking: ReturnType<typeof lock>) => {
    const locked = await locking;
    return locked.ok ? 'locked' : locked.error.message;
  };
  const folder = () => path.join(stateDir, 'locks', 'orders-mcp');

  /** A lock that another process left, as it stands on disk. */
  async function leave(state: string, changes: Partial<ProcessIdentity> = {}, run = 'run-1'): Promise<void> {
    await mkdir(folder(), {recursive: true});
    const process = {...identifyProcess(), ...changes};
    await writeFile(path.join(folder(), '1'), JSON.stringify({state, run, process}));
  }
  const record = (run: string) => mkdir(path.join(stateDir, 'runs', run), {recursive: true});
  async function endWithResult(run: string, exitCode = 0): Promise<void> {
    await record(run);
    await writeFile(path.join(stateDir, 'runs', run, 'result.json'), JSON.stringify({exitCode}));
  }

  it('lets one of several that start together run', async () => {
    const locks = await Promise.all(Array.from({length: 10}, (_each, index) => lock(`run-${index}`)));

    expect(locks.filter(({ok}) => ok)).toHaveLength(1);
  });

  it('names the run that goes on, and its process', async () => {
    await lock('run-1');

    const message = await messageOf(lock('run-2'));

    expect(message).toContain(`\`run-1\` goes on (process ${process.pid} on `);
    expect(message).toContain('Wait until it ends.');
    expect(await messageOf(lock('run-1', {resumes: true}))).toContain('goes on');
    expect(await messageOf(lock('run-2', {gone: true}))).toContain('goes on');
  });

  it('minds no other integration, and none once it was released', async () => {
    const first = await lock('run-1');
    const other = await lock('run-2', {integration: 'billing-mcp'});
    if (first.ok) await first.value.release();

    const next = await lock('run-3');

    expect([first.ok, other.ok, next.ok]).toEqual([true, true, true]);
    expect(await readdir(path.join(stateDir, 'locks'))).toEqual(['billing-mcp', 'orders-mcp']);
  });

  it.each<[string, Partial<ProcessIdentity>]>([
    ['a process that is gone', {pid: 2 ** 22 + 1}],
    ['a process number that was given again', {startedAt: '1'}],
    ['a boot before this one', {boot: 'another'}],
  ])('knows %s for dead, and names the way on', async (_what, changes) => {
    await leave('begun', changes);
    await record('run-1');

    expect(await messageOf(lock('run-2'))).toContain('`run-1` was cut off (process');
    expect(await messageOf(lock('run-2'))).toContain('`offdrill resume run-1` brings back what it changed.');
    expect(await messageOf(lock('run-3', {resumes: true}))).toContain('was cut off');
    expect(await messageOf(lock('run-1', {resumes: true}))).toBe('locked');
  });

  it.each<[string, Partial<ProcessIdentity>]>([
    ['another machine', {host: 'ci-7', machine: 'another'}],
    ['another container on this machine', {namespace: 'pid:[1]'}],
  ])('can not tell of %s, unless it is said to be gone', async (_what, changes) => {
    await leave('begun', changes);

    expect(await messageOf(lock('run-2'))).toContain('of which nothing can be told from here');
    expect(await messageOf(lock('run-1', {resumes: true}))).toContain('`offdrill resume run-1 --gone`');
    expect(await messageOf(lock('run-1', {resumes: true, gone: true}))).toBe('locked');
  });

  it('lets a restoration take the place of a run that will not be resumed', async () => {
    await leave('begun', {boot: 'another'});

    expect(await messageOf(lock('restore-1', {gone: true}))).toBe('locked');
  });

  it('is free where nothing had been touched, or the run has its result', async () => {
    await leave('held', {boot: 'another'});
    expect(await messageOf(lock('run-2'))).toBe('locked');

    await rm(folder(), {recursive: true});
    await leave('begun', {boot: 'another'});
    await endWithResult('run-1');
    expect(await messageOf(lock('run-2'))).toBe('locked');
  });

  it('is not free where something is left to bring back, unless it is said to be done', async () => {
    const first = await lock('run-1');
    if (first.ok) await first.value.begin();
    if (first.ok) await endLock(first.value, {result: resultOf(4), folder: ''});
    await endWithResult('run-1', 4);

    expect(await messageOf(lock('run-2'))).toMatch(
      /`run-1` could not bring everything back\. `offdrill resume run-1` tries again; .*`--gone` lets another one begin/,
    );
    expect(await messageOf(lock('run-2', {gone: true}))).toBe('locked');
  });

  it('names the way without a record where that is lost', async () => {
    await leave('begun', {boot: 'another'});

    expect(await messageOf(lock('run-2'))).toContain('`offdrill restore FILE --gone` brings back what is missing');
    expect(await listLost(stateDir)).toEqual([{integration: 'orders-mcp', run: 'run-1'}]);
    await record('run-1');
    expect(await listLost(stateDir)).toEqual([]);
  });

  it('goes back to whom it was taken from by a run that touched nothing', async () => {
    await leave('begun', {boot: 'another'});
    await record('run-1');
    const second = await lock('run-2', {gone: true});
    if (second.ok) await endLock(second.value, {result: {...resultOf(2), restores: true}, folder: ''});

    expect(await messageOf(lock('run-3'))).toContain('`run-1` was cut off');
    const third = await lock('run-3', {gone: true});
    if (third.ok) await endLock(third.value, {result: resultOf(0), folder: ''});
    expect(await messageOf(lock('run-4'))).toBe('locked');
  });

  it('is as it was where a run only read what had ended', async () => {
    const first = await lock('run-1');
    if (first.ok) await first.value.begin();
    if (first.ok) await endLock(first.value, {result: resultOf(4), folder: ''});
    await endWithResult('run-1', 4);
    const reading = await lock('run-1', {resumes: true});

    if (reading.ok) await reading.value.putBack();

    expect(await messageOf(lock('run-2'))).toContain('`run-1` could not bring everything back');
    const second = await lock('run-2', {gone: true});
    if (second.ok) await second.value.release();
    const later = await lock('run-1', {resumes: true});
    if (later.ok) await later.value.putBack();
    expect(await messageOf(lock('run-3'))).toBe('locked');
  });

  it('tells whether a run had begun', async () => {
    await leave('held', {boot: 'another'});
    expect(await hadBegun(stateDir, 'orders-mcp', 'run-1')).toBe(false);

    await leave('begun', {boot: 'another'});
    expect(await hadBegun(stateDir, 'orders-mcp', 'run-1')).toBe(true);
    expect(await hadBegun(stateDir, 'orders-mcp', 'run-2')).toBe(false);
    expect(await hadBegun(stateDir, 'billing-mcp', 'run-1')).toBe(false);
  });

  it('is not free while a run that has a result goes on with it', async () => {
    await lock('run-1', {resumes: true});
    await endWithResult('run-1');

    expect(await messageOf(lock('run-2'))).toContain('goes on');
  });

  it('keeps a run unfinished that was left, though its process lives', async () => {
    const first = await lock('run-1');
    if (first.ok) await first.value.begin();
    if (first.ok) await first.value.leave();
    await record('run-1');

    expect(await messageOf(lock('run-2'))).toContain('`offdrill resume run-1`');
    expect(await messageOf(lock('run-1', {resumes: true}))).toBe('locked');
  });

  it('takes over no lock that names what is no run', async () => {
    await leave('begun', {boot: 'another'}, '../../etc');

    expect(await messageOf(lock('run-2'))).toContain('was cut off');
  });

  it('says what to do with a file that is no lock', async () => {
    await mkdir(folder(), {recursive: true});
    await writeFile(path.join(folder(), '7'), 'half a');

    expect(await messageOf(lock('run-2'))).toMatch(
      /Expected to read the lock `.*\/7`, and it is not one\..* remove it\./,
    );
  });

  it('keeps its folder and its files to their owner', async () => {
    await lock('run-1');

    const modes = await Promise.all(
      [path.dirname(folder()), folder(), path.join(folder(), '1')].map(
        async (file) => (await lstat(file)).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o700, 0o700, 0o600]);
    expect(await readdir(folder())).toEqual(['1']);
  });

  it('refuses a folder of locks that is a link, or somebody else’s', async () => {
    await mkdir(path.join(stateDir, 'elsewhere'));
    await symlink(path.join(stateDir, 'elsewhere'), path.join(stateDir, 'locks'));
    await expect(lock('run-1')).rejects.toMatchObject({code: 'journal-folder'});
  });

  it('refuses locks that somebody else owns', async ({skip}) => {
    skip(process.getuid?.() !== 0, 'only root can give a folder away');
    await mkdir(path.join(stateDir, 'locks'));
    await chown(path.join(stateDir, 'locks'), 65534, 65534);
    await expect(lock('run-1')).rejects.toMatchObject({message: expect.stringContaining("somebody else's")});
  });

  it('remembers a hundred locks, and no more', async () => {
    for (let run = 0; run < 105; run++) {
      const taken = await lock(`run-${run}`);
      if (taken.ok) await taken.value.release();
    }

    const numbers = (await readdir(folder())).map(Number).toSorted((a, b) => a - b);
    expect(numbers.at(-1)).toBe(105);
    expect(numbers.length).toBeLessThanOrEqual(101);
  });

  it('knows a process that was killed for dead', async () => {
    const script = `
      import {lockIntegration} from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/api/run-lock.ts'))};
      const lock = await lockIntegration({stateDir: process.argv[1], integration: 'orders-mcp', run: 'killed'});
      await lock.value.begin();
      console.log('locked');
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, stateDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await record('killed');
    const whileAlive = await messageOf(lock('next'));

    child.kill('SIGKILL');
    await once(child, 'exit');

    expect(whileAlive).toContain('`killed` goes on');
    expect(await messageOf(lock('next'))).toContain('`killed` was cut off');
    expect(JSON.parse(await readFile(path.join(folder(), '1'), 'utf8'))).toMatchObject({state: 'begun', run: 'killed'});
  });
});
