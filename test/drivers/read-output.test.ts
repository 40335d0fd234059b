import {describe, expect, it} from 'vitest';
import {readOutput} from '../../src/drivers/read-output.ts';
import {eventually} from '../helpers/eventually.ts';
import {livingIn} from './command/group.ts';

const never = new AbortController().signal;

async function read(
  script: string,
  {signal = never, timeoutMs = 10_000, env = {}}: {signal?: AbortSignal; timeoutMs?: number; env?: object} = {},
): Promise<{lines: readonly string[]; ended: string | undefined}> {
  const lines: string[] = [];
  const request = {argv: ['sh', '-c', script], env: {...env}, folder: '/', timeoutMs};
  const ended = await readOutput(request, (line) => lines.push(line), signal);
  return {lines, ended};
}

describe('drivers/read-output', () => {
  it('gives each line, the last one without its end too, and no empty one', async () => {
    expect(await read("printf 'a\\n\\nbä\\nc'")).toEqual({lines: ['a', 'bä', 'c'], ended: undefined});
  });

  it('gives what is declared and PATH alone', async () => {
    const {lines} = await read('env', {env: {GIVEN: '1'}});

    expect(
      lines
        .map((line) => line.split('=')[0])
        .filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name ?? ''))
        .toSorted(),
    ).toEqual(['GIVEN', 'PATH']);
  });

  it('tells how it ended', async () => {
    expect((await read('exit 3')).ended).toBe('ended with 3');
    expect((await read('kill -9 $$')).ended).toBe('was ended by SIGKILL');
    expect(
      await readOutput({argv: ['no-such-program'], env: {}, folder: '/', timeoutMs: 1000}, () => undefined, never),
    ).toBe('could not be started (ENOENT)');
  });

  it('ends the whole group at its time limit', async () => {
    const {lines, ended} = await read('echo $$; sleep 60 & sleep 60', {timeoutMs: 300});

    expect(ended).toBe('did not end within 300 ms');
    await eventually(async () => expect(await livingIn(lines[0] ?? '')).toEqual([]));
  });

  it('ends when it is told to, and does not start any more', async () => {
    const told = new AbortController();
    const reading = readOutput(
      {argv: ['sh', '-c', 'echo on; sleep 60'], env: {}, folder: '/', timeoutMs: 10_000},
      () => told.abort(),
      told.signal,
    );

    expect(await reading).toBe('was ended before it was done');
    expect((await read('true', {signal: told.signal})).ended).toBe('was not started any more');
  });
});
