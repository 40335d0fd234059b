import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, onTestFinished, vi} from 'vitest';
import type {Context} from '../../../src/contract/operation.ts';
import {run} from '../../../src/drivers/command/run.ts';
import {eventually} from '../../helpers/eventually.ts';
import {scratchFolder} from '../../helpers/scratch-folder.ts';
import {livingGroup, noteGroup} from './group.ts';

let base: string;

beforeEach(async () => {
  base = await scratchFolder('command');
});

describe('drivers/command/run', () => {
  it('runs a program in the folder of the drill', async () => {
    await execute(['sh', '-c', 'pwd > place']);

    expect((await readFile(path.join(base, 'place'), 'utf8')).trim()).toBe(base);
  });

  it('runs a program in a folder below', async () => {
    await mkdir(path.join(base, 'below'));

    await execute(['sh', '-c', 'echo > here'], {cwd: 'below'});

    expect(existsSync(path.join(base, 'below', 'here'))).toBe(true);
  });

  it.each(['..', '/tmp', 'a/../../b'])('refuses the folder %s', (cwd) => {
    expect(run.input.safeParse({argv: ['true'], cwd}).success).toBe(false);
  });

  it('gives PATH and what is declared, and nothing else', async () => {
    vi.stubEnv('OFFDRILL_VAULT_TOKEN', 'hvs.not-for-commands');
    onTestFinished(() => void vi.unstubAllEnvs());

    await execute([process.execPath, '-e', 'fs.writeFileSync("env", JSON.stringify(process.env))'], {env: {A: 'b'}});

    const env: unknown = JSON.parse(await readFile(path.join(base, 'env'), 'utf8'));
    expect(env).toEqual({PATH: process.env.PATH, A: 'b'});
  });

  it('passes words as they are, through no shell', async () => {
    const words = ['$(touch made)', '; touch made', 'a b', '*', ''];

    await execute([
      process.execPath,
      '-e',
      'fs.writeFileSync("argv", JSON.stringify(process.argv.slice(1)))',
      ...words,
    ]);

    expect(JSON.parse(await readFile(path.join(base, 'argv'), 'utf8'))).toEqual(words);
    expect(existsSync(path.join(base, 'made'))).toBe(false);
  });

  it('gives no input to wait for', async () => {
    await execute(['cat']);
  });

  it('reads on while a program writes without end', async () => {
    await execute([
      process.execPath,
      '-e',
      'for (const out of [1, 2]) fs.writeSync(out, "x".repeat(60000)); process.exitCode = 0',
    ]);
  });

  it('tells exit code and last words of a failure', async () => {
    const failed = execute(['sh', '-c', 'echo first >&2; printf "no \\033[31msuch server\\r\\n\\n" >&2; exit 3']);

    await expect(failed).rejects.toMatchObject({
      code: 'failed',
      retryable: false,
      detail: 'exit-3',
      message: 'Expected `sh -c` to end with 0, got exit code 3. Its last words: no \\u{1b}[31msuch server',
    });
  });

  it('cuts last words between words, so that no half secret is shown', async () => {
    const secret = 's'.repeat(60);

    const failed = execute(['sh', '-c', `echo "${'word '.repeat(35)}${secret} end" >&2; exit 1`]);

    await expect(failed).rejects.toMatchObject({message: expect.stringMatching(/word…$/)});
    await expect(failed).rejects.toMatchObject({message: expect.not.stringContaining('ss')});
  });

  it('keeps no half word where its memory of the output begins', async () => {
    const failed = execute(['sh', '-c', `printf '%05000d end' 0 >&2; exit 1`]);

    await expect(failed).rejects.toMatchObject({message: expect.stringMatching(/Its last words: end$/)});
  });

  it('tells the signal that ended a program', async () => {
    await expect(execute(['sh', '-c', 'kill -KILL $$'])).rejects.toMatchObject({code: 'failed', detail: 'SIGKILL'});
  });

  it('names a program that is not there', async () => {
    await expect(execute(['no-such-program', 'x'])).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('`no-such-program`'),
    });
  });

  it('names a folder that is not there', async () => {
    await expect(execute(['true'], {cwd: 'none'})).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(path.join(base, 'none')),
    });
  });

  it('names a program that may not be executed', async () => {
    await expect(execute([base])).rejects.toMatchObject({code: 'failed', detail: 'EACCES'});
  });

  it('ends its children too at the time limit', async () => {
    const failed = execute(['sh', '-c', noteGroup('sleep 60 & sh -c "sleep 60 & wait" & wait')], {timeout: '300ms'});

    await expect(failed).rejects.toMatchObject({code: 'timeout', retryable: false});
    await eventually(async () => expect(await livingGroup(base)).toEqual([]));
  });

  it('makes a child end that will not', async () => {
    const stubborn = `trap "" TERM; (trap "" TERM; exec ${process.execPath} -e "setInterval(() => {}, 1000)" > /dev/null 2>&1) & wait; wait; sleep 60`;

    const failed = execute(['sh', '-c', noteGroup(stubborn)], {timeout: '300ms'});

    await expect(failed).rejects.toMatchObject({code: 'timeout'});
    await eventually(async () => expect(await livingGroup(base)).toEqual([]));
  });

  it('ends the program when the run ends it', async () => {
    const controller = new AbortController();
    const ended = execute(['sh', '-c', noteGroup('sleep 60')], {}, controller.signal);
    await eventually(() => expect(existsSync(path.join(base, 'group'))).toBe(true));

    controller.abort();

    await expect(ended).rejects.toMatchObject({code: 'failed', detail: 'aborted'});
    await eventually(async () => expect(await livingGroup(base)).toEqual([]));
  });

  it('starts nothing once the run was ended', async () => {
    await expect(execute(['sh', '-c', 'echo > made'], {}, AbortSignal.abort())).rejects.toMatchObject({
      detail: 'aborted',
    });

    expect(existsSync(path.join(base, 'made'))).toBe(false);
  });

  it('lets a server live on that a successful command started', async () => {
    await execute(['sh', '-c', noteGroup('sleep 60 &')], {timeout: '5s'});

    const living = await livingGroup(base);
    for (const pid of living) process.kill(pid, 'SIGKILL');
    expect(living).toHaveLength(1);
  });

  it('ends the program when offdrill itself exits', async () => {
    const source = JSON.stringify(path.resolve(import.meta.dirname, '../../../src/drivers/command/run.ts'));
    const argv = ['sh', '-c', noteGroup('sleep 60')];
    const script = `
      import {run} from ${source};
      import fs from 'node:fs';
      const ctx = {signal: new AbortController().signal, base: process.argv[1], call: (_name, fn) => fn()};
      void run.execute(run.input.parse({argv: ${JSON.stringify(argv)}}), undefined, ctx);
      setInterval(() => { if (fs.existsSync('group')) process.exit(0); }, 5);
    `;

    const child = spawn(process.execPath, ['--input-type=module', '-e', script, base], {cwd: base, stdio: 'inherit'});
    await once(child, 'exit');

    await eventually(async () => expect(await livingGroup(base)).toEqual([]));
  });
});

function execute(argv: readonly string[], more: object = {}, signal = new AbortController().signal): Promise<void> {
  const ctx = {signal, base, call: (_name: string, fn: () => Promise<unknown>) => fn()} as Context;
  return run.execute(run.input.parse({argv, ...more}), undefined, ctx);
}
