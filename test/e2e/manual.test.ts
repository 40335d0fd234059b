import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import {type RunResult, resultSchema} from '../../src/verdict/result.ts';
import {programEnvironment, programFile, runShell} from '../helpers/run-cli.ts';

/** What a person switches is a file; whether it is on is asked by a program. */
const drill = `
version: 1
name: by-hand
title: What a person switches off is off
integration: {name: by-hand, owner: team@example.com, environment: staging}
guard:
  allow:
    - {command: [test, -e]}
access:
  switch: {uses: command/run, with: {argv: [test, -e, on], states: {'0': allowed, '1': denied}}, every: 100ms, denied-within: 2s}
shutdown:
  - id: switch-off
    uses: manual/confirm
    with: {instruction: Switch it off in the console.}
    within: 1s
    check: {uses: command/run, with: {argv: [test, -e, on], states: {'0': allowed, '1': denied}}, expect: [denied]}
    rollback:
      uses: manual/confirm
      with: {instruction: Switch it on in the console.}
      within: 1s
      check: {uses: command/run, with: {argv: [test, -e, on], states: {'0': allowed, '1': denied}}, expect: [allowed]}
settle: 400ms
restored-within: 5s
audit:
  manual: {blind: 'a person does it, and says so'}
`;

const isLinux = process.platform === 'linux';

describe('manual/confirm, on a terminal', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'offdrill-manual-'));
    await writeFile(path.join(home, 'drill.yaml'), drill);
    await writeFile(path.join(home, 'on'), '');
    return () => rm(home, {recursive: true, force: true});
  });

  const words = () => `'${process.execPath}' '${programFile('offdrill')}' --state-dir state`;

  async function newestResult(): Promise<RunResult> {
    const runs = path.join(home, 'state', 'runs');
    const newest = (await readdir(runs)).toSorted().at(-1) ?? '';
    return resultSchema.parse(JSON.parse(await readFile(path.join(runs, newest, 'result.json'), 'utf8')));
  }

  /** A terminal at which somebody sits who does as told: `act` is called for each question, in order. */
  async function sitAt(command: string, act: (question: number) => Promise<string>): Promise<{screen: string}> {
    const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
      cwd: home,
      env: {...programEnvironment(), SHELL: '/bin/sh', TERM: 'xterm-256color', CI: '', GITHUB_ACTIONS: ''},
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let screen = '';
    let questions = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
      const asked = screen.split('Type your name').length - 1;
      if (asked > questions) {
        questions = asked;
        void act(asked).then((keys) => child.stdin.write(keys));
      }
    });
    await once(child, 'close');
    return {screen};
  }

  it.runIf(isLinux)('asks, takes who did it on record, and does not pass', async () => {
    const {screen} = await sitAt(`${words()} run drill.yaml --yes`, async (question) => {
      if (question === 1) await rm(path.join(home, 'on'));
      if (question === 2) await writeFile(path.join(home, 'on'), '');
      return 'Ana Lima\n';
    });

    const result = await newestResult();
    expect(screen).toContain('BY HAND: Switch it off in the console.');
    expect(result).toMatchObject({verdict: 'fail', exitCode: 1, status: 'completed', left: []});
    expect(result.criteria['no-manual-recovery'].reasons).toContainEqual(
      expect.stringMatching(
        /^It passes only with 2 manual steps: step `switch-off` by Ana Lima in .+, rollback of `switch-off` by Ana Lima in /,
      ),
    );
    expect(result.manualRecovery).toMatchObject({
      state: 'declared',
      manualSteps: [{instruction: 'Switch it off in the console.'}, {instruction: 'Switch it on in the console.'}],
    });
    expect(result.criteria.restored.state).toBe('met');
  });

  it.runIf(isLinux)('takes no word for it: what is still there fails the step', async () => {
    await sitAt(`${words()} run drill.yaml --yes`, async () => 'Ana\n');

    const result = await newestResult();
    expect(result.steps).toMatchObject([{id: 'switch-off', status: 'failed'}]);
    expect(result.status).toBe('aborted');
  });

  it.runIf(isLinux)('is left by Ctrl-C as any step is, and brought back', async () => {
    await sitAt(`${words()} run drill.yaml --yes`, async (question) => (question === 1 ? '\u0003' : 'Ana\n'));

    expect(await newestResult()).toMatchObject({
      status: 'interrupted',
      exitCode: 130,
      left: [],
      manualRecovery: {manualSteps: [{step: 'rollback of `switch-off`', by: 'Ana'}]},
    });
  });

  it.runIf(isLinux)('is on the list of what is left where a person gives up', async () => {
    await sitAt(`${words()} run drill.yaml --yes`, async (question) => (question === 1 ? 'Ana\n' : '\u0003'.repeat(3)));

    const {exitCode, left, run} = await newestResult();
    const resumed = await sitAt(`${words()} resume ${run}`, async () => 'Ben\n');
    expect({exitCode, left}).toEqual({
      exitCode: 4,
      left: [
        expect.stringMatching(/^Step `switch-off`: do what `manual\/confirm` does, with .*Switch it on in the console/),
      ],
    });
    expect(resumed.screen).toContain('Resuming');
    expect(await newestResult()).toMatchObject({left: []});
  });

  it('is refused where nobody can be asked', async () => {
    const run = await runShell(`${words()} run drill.yaml --yes`, {cwd: home});
    const baseline = await runShell(`${words()} run drill.yaml --yes --until baseline`, {cwd: home});

    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(
      "Expected a terminal to ask a person on, since `switch-off` can't be done without one",
    );
    expect(baseline.exitCode).toBe(3);
    expect(baseline.stdout).toContain('it held');
  });
});
