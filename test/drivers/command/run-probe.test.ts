import {existsSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, onTestFinished, vi} from 'vitest';
import {runProbe} from '../../../src/drivers/command/run-probe.ts';
import {contextOf} from '../../helpers/context.ts';
import {eventually} from '../../helpers/eventually.ts';
import {scratchFolder} from '../../helpers/scratch-folder.ts';
import {livingGroup, noteGroup} from './group.ts';

const states = {0: 'allowed', 10: 'denied', 69: 'unreachable', 70: 'indeterminate'};
const secret = '\x24{{ secrets.password }}';

let base: string;
beforeEach(async () => {
  base = await scratchFolder('command');
  return () => rm(base, {recursive: true, force: true});
});

describe('drivers/command/run (probe)', () => {
  it.each([
    [0, {state: 'allowed'}],
    [10, {state: 'denied'}],
    [69, {state: 'unreachable'}],
    [70, {state: 'indeterminate'}],
    [1, {state: 'indeterminate'}],
    [100, {state: 'indeterminate'}],
    [127, {state: 'indeterminate'}],
  ])('takes the exit code %d for %j', async (exitCode, expected) => {
    expect(await observe(['sh', '-c', `exit ${exitCode}`])).toEqual({...expected, code: `exit:${exitCode}`});
  });

  it('lets no denial be its own control: a crash ends with a code too', async () => {
    const observed = await observe([process.execPath, '-e', 'throw new Error()'], {
      states: {0: 'allowed', 1: 'denied'},
    });

    expect(observed).toEqual({state: 'denied', code: 'exit:1'});
  });

  it('takes a signal for no answer', async () => {
    expect(await observe(['sh', '-c', 'kill -TERM $$'])).toEqual({state: 'indeterminate', code: 'signal:SIGTERM'});
  });

  it.each([
    ['its own', {timeout: '100ms'}, undefined],
    ['the probe’s', {}, () => AbortSignal.timeout(100)],
  ])('takes no answer within %s time limit for none', async (_title, more, limit) => {
    const observed = await observe(['sleep', '60'], more, limit?.());

    expect(observed).toEqual({state: 'indeterminate', code: 'TIMEOUT'});
  });

  it('ends all that it started at the time limit', async () => {
    await observe(['sh', '-c', noteGroup('sleep 60 & wait')], {timeout: '300ms'});

    await eventually(async () => expect(await livingGroup(base)).toEqual([]));
  });

  it('is ended by the run', async () => {
    const controller = new AbortController();
    const observing = observe(['sh', '-c', 'echo > here; sleep 60'], {}, controller.signal);
    await eventually(() => expect(existsSync(path.join(base, 'here'))).toBe(true));

    controller.abort();

    expect(await observing).toEqual({state: 'indeterminate', code: 'ABORTED'});
  });

  it.each([
    [['no-such-program', 'x'], {}],
    [['true', 'x'], {cwd: 'none'}],
  ])('takes a program that can’t be started for no answer: %j %j', async (argv, more) => {
    expect(await observe(argv, more)).toEqual({state: 'indeterminate', code: 'not-started:ENOENT'});
  });

  it('gives PATH and what is declared, and nothing else', async () => {
    vi.stubEnv('OFFDRILL_VAULT_TOKEN', 'hvs.not-for-commands');
    onTestFinished(() => void vi.unstubAllEnvs());
    const script = 'process.exit(Object.keys(process.env).sort().join() === "A,PATH" ? 0 : 10)';

    expect(await observe([process.execPath, '-e', script], {env: {A: 'b'}})).toMatchObject({state: 'allowed'});
  });

  it('passes words as they are, through no shell', async () => {
    const script = 'process.exit(process.argv[1] === "$(touch made); *" ? 0 : 10)';

    expect(await observe([process.execPath, '-e', script, '$(touch made); *'])).toMatchObject({state: 'allowed'});
    expect(existsSync(path.join(base, 'made'))).toBe(false);
  });

  it('keeps nothing of what the program wrote', async () => {
    const observed = await observe(['sh', '-c', 'echo hunter2; echo hunter2 >&2; exit 10']);

    expect(JSON.stringify(observed)).not.toContain('hunter2');
  });

  it.each([
    [{}, false],
    [{'carries-credential': true}, true],
    [{env: {PASSWORD: secret}}, true],
    [{argv: ['ask', secret]}, true],
    [{env: {PASSWORD: secret}, 'carries-credential': false}, false],
    [{env: {HOST: '\x24{{ vars.host }}'}}, false],
  ])('tells whether %j carries a credential', (more, carries) => {
    const input = runProbe.input.parse({argv: ['ask', 'x'], states, ...more});

    expect(runProbe.carriesCredential(input)).toBe(carries);
  });

  it('names its argv as what it touches', () => {
    const input = runProbe.input.parse({argv: ['node', 'ask.js', 'queue'], states});

    expect(runProbe.targets?.(input)).toEqual([{kind: 'command', address: ['node', 'ask.js', 'queue']}]);
  });

  it.each([
    {states: undefined},
    {states: {}},
    {states: {126: 'denied'}},
    {states: {256: 'denied'}},
    {states: {'-1': 'denied'}},
    {states: {'01': 'denied'}},
    {states: {other: 'denied'}},
    {states: {0: 'dead'}},
    {cwd: '..'},
    {argv: []},
  ])('refuses %j', (more) => {
    expect(runProbe.input.safeParse({argv: ['ask', 'x'], states, ...more}).success).toBe(false);
  });
});

function observe(argv: readonly string[], more: object = {}, signal = new AbortController().signal) {
  return runProbe.observe(runProbe.input.parse({argv, states, ...more}), contextOf(undefined, {signal, base}));
}
