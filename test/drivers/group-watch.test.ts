import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, onTestFinished, type TestContext} from 'vitest';
import {watchScript} from '../../src/drivers/group-watch.ts';
import {eventually} from '../helpers/eventually.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';
import {livingGroup, noteGroup} from './command/group.ts';

const source = JSON.stringify(path.resolve(import.meta.dirname, '../../src/drivers/command/run.ts'));
const withChildren = 'sleep 60 & sh -c "sleep 60 & wait" & wait';

let base: string;
beforeEach(async () => {
  base = await scratchFolder('command');
  return () => rm(base, {recursive: true, force: true});
});

describe('drivers/group-watch', () => {
  it('ends a whole group when the run is killed', async () => {
    const run = runCommands(`await execute(['sh', '-c', ${JSON.stringify(noteGroup(withChildren))}]);`);
    await begun(4);

    run.kill('SIGKILL');

    await eventually(async () => expect(await livingGroup(base)).toEqual([]));
  });

  it('ends it after a Ctrl-C in the terminal too', async () => {
    const run = runCommands(
      `process.on('SIGINT', () => {}); await execute(['sh', '-c', ${JSON.stringify(noteGroup(withChildren))}]);`,
      {ownGroup: true},
    );
    await begun(4);

    process.kill(-(run.pid ?? 0), 'SIGINT');
    process.kill(-(run.pid ?? 0), 'SIGKILL');

    await eventually(async () => expect(await livingGroup(base)).toEqual([]));
  });

  it('lets live what an ended command left running', async () => {
    const run = runCommands(
      `await execute(['sh', '-c', ${JSON.stringify(noteGroup('sleep 60 > /dev/null 2>&1 &'))}]);
       fs.writeFileSync('done', '');
       await execute(['sh', '-c', 'echo > begun; sleep 60']);`,
    );
    await eventually(() => expect(existsSync(path.join(base, 'begun'))).toBe(true));
    const [watcher = 0] = watchersOf(run);

    run.kill('SIGKILL');
    await eventually(() => expect(isThere(watcher)).toBe(false));

    const living = await livingGroup(base);
    for (const pid of living) process.kill(pid, 'SIGKILL');
    expect(living).toHaveLength(1);
  });

  it('costs one process for all commands, and keeps nobody alive', async () => {
    const run = runCommands(
      `for (let i = 0; i < 20; i++) await execute(['true', 'x']);
       await Promise.all(Array.from({length: 20}, () => execute(['true', 'x'])));
       fs.writeFileSync('done', '');
       await new Promise((go) => { const id = setInterval(() => { if (fs.existsSync('go')) { clearInterval(id); go(); } }, 5); });`,
    );
    await eventually(() => expect(existsSync(path.join(base, 'done'))).toBe(true));
    const watchers = watchersOf(run);

    execFileSync('touch', [path.join(base, 'go')]);
    const [exitCode] = await once(run, 'exit');

    expect(watchers).toHaveLength(1);
    expect(exitCode).toBe(0);
    await eventually(() => expect(isThere(watchers[0] ?? 0)).toBe(false));
    expect(await readFile(path.join(base, 'stderr'), 'utf8')).toBe('');
  });

  it('is made again where it was killed itself', async () => {
    const run = runCommands(
      `void execute(['sh', '-c', ${JSON.stringify(noteGroup(withChildren))}]);
       await new Promise((go) => { const id = setInterval(() => { if (fs.existsSync('go')) { clearInterval(id); go(); } }, 5); });
       await execute(['true', 'x']);
       fs.writeFileSync('done', '');`,
    );
    await begun(4);
    for (const pid of watchersOf(run)) process.kill(pid, 'SIGKILL');
    await eventually(() => expect(watchersOf(run)).toEqual([]));
    execFileSync('touch', [path.join(base, 'go')]);
    await eventually(() => expect(existsSync(path.join(base, 'done'))).toBe(true));

    run.kill('SIGKILL');

    await eventually(async () => expect(await livingGroup(base)).toEqual([]));
  });

  it.for(['dash', 'bash', 'busybox'])('works where sh is %s', async (program, {skip}: TestContext) => {
    skip(!isOnPath(program), `there is no ${program} here`);
    const [first, second, third] = [sleepInGroup(), sleepInGroup(), sleepInGroup()];
    const watcher = spawn(program, ['-c', watchScript], {argv0: 'sh', env: {}, stdio: ['pipe', 'inherit', 'inherit']});

    watcher.stdin.end(`+ ${first.pid}\n+ ${second.pid}\n+ ${third.pid}\n- ${second.pid}\n`);
    const [exitCode] = await once(watcher, 'exit');

    expect(exitCode).toBe(0);
    await eventually(() => expect([first.signalCode, third.signalCode]).toEqual(['SIGKILL', 'SIGKILL']));
    expect(second.kill('SIGTERM')).toBe(true);
  });
});

/** A process that runs commands as a run does, in the folder of the test. */
function runCommands(script: string, {ownGroup = false} = {}): ChildProcess {
  const whole = `
    import {run} from ${source};
    import fs from 'node:fs';
    const ctx = {signal: new AbortController().signal, base: ${JSON.stringify(base)}, call: (_name, fn) => fn()};
    const watched = setInterval(() => {
      if (!fs.existsSync('group')) return;
      clearInterval(watched);
      fs.writeFileSync('watched', '');
    }, 5);
    watched.unref();
    const execute = (argv) => run.execute(run.input.parse({argv, timeout: '60s'}), undefined, ctx);
    ${script}`;
  const child = spawn('sh', ['-c', 'exec "$0" "$@" 2> stderr', process.execPath, '--input-type=module', '-e', whole], {
    cwd: base,
    detached: ownGroup,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/**
 * The group has so many processes, and its watcher knows of it: a command is started and watched without a turn of the event
 * loop between, so whoever sees in a later turn that it runs knows that it is watched.
 */
async function begun(processes: number): Promise<void> {
  await eventually(() => expect(existsSync(path.join(base, 'watched'))).toBe(true));
  await eventually(async () => expect(await livingGroup(base)).toHaveLength(processes));
}

/** In the root folder, with nothing in its environment: so it stands in no test's way. */
function watchersOf({pid}: ChildProcess): readonly number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], {encoding: 'utf8'})
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, stat, ...args]) => ppid === String(pid) && !stat?.startsWith('Z') && args.includes('trap'))
    .map(([own]) => Number(own));
}

/** One that ended and that nobody collected is not. */
function isThere(pid: number): boolean {
  const ps = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], {encoding: 'utf8'});
  return /^[^Z\s]/.test(ps.stdout.trim());
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(path.join(folder, program)));
}

function sleepInGroup(): ChildProcess {
  const child = spawn('sleep', ['60'], {detached: true, stdio: 'ignore'});
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
