import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {createLineProgress} from '../../src/report/line-progress.ts';
import {stopTime} from '../run/manual-time.ts';
import {entriesOf} from '../verdict/journals.ts';
import {entry, probeChange} from './entries.ts';
import {Screen} from './screen.ts';

const pass = entriesOf('pass');

describe('report/line-progress', () => {
  let time: ReturnType<typeof stopTime>;
  let screen: Screen;
  let progress: ReturnType<typeof createLineProgress>;
  beforeEach(() => {
    time = stopTime();
    screen = new Screen({isTTY: false});
    progress = createLineProgress({stream: screen.stream, clock: time.clock});
  });
  afterEach(() => {
    progress.close();
    vi.useRealTimers();
  });

  const signsOfLife = (): readonly string[] => screen.shown.filter((line) => line.includes('still '));

  it('writes a line for each change and moves no cursor', async () => {
    for (const each of pass) progress.entry(each);
    await time.pass(1000);

    expect(screen.written).not.toContain('\u001b');
    expect(screen.written).toContain('phase shutdown\n');
    expect(screen.written).toMatch(/step revoke-leases: done and read back\n/);
    expect(screen.shown.length).toBeGreaterThan(40);
  });

  it('writes commands that are left to do as they are, and nothing else', () => {
    const failed = {
      step: 'revoke',
      uses: 'x',
      at: 0,
      code: 'timeout',
      message: 'none.\n       ::error::x\n       ##[group]',
    };

    progress.entry(entry('rollback.failed', {...failed, left: 'run:\n(\n  vault read x\n)'}));

    expect(screen.shown).toEqual([
      '[+0ms]    rollback of revoke: FAILED (timeout): none.',
      '[+0ms]           ::error::x',
      expect.stringMatching(/^\[\+0ms\].*u\{23\}\[group\]$/),
      '[+0ms]    left to do: run:',
      '       (',
      '         vault read x',
      '       )',
    ]);
  });

  it('names phase, time and what is alive when nothing was said for half a minute', async () => {
    progress.entry(entry('phase.started', {phase: 'settle'}));
    for (const probe of ['token', 'login-again', 'db']) progress.entry(probeChange(probe, 'allowed'));
    progress.entry(probeChange('token', 'denied'));
    await time.pass(29_999);
    const early = signsOfLife();
    await time.pass(1);

    expect(early).toEqual([]);
    expect(signsOfLife()).toEqual(['[+30s]    still in settle, for 30s; alive: login-again, db']);
  });

  it('waits for half a minute of silence, whatever was said before', async () => {
    await time.pass(20_000);
    progress.entry(entry('phase.started', {phase: 'baseline'}));
    await time.pass(29_000);
    const early = signsOfLife();
    await time.pass(1000);

    expect(early).toEqual([]);
    expect(signsOfLife()).toEqual(['[+50s]    still in baseline, for 30s']);
  });

  it('says so again each half minute, until it is closed', async () => {
    progress.entry(entry('phase.started', {phase: 'settle'}));
    progress.entry(probeChange('token', 'denied'));

    await time.pass(61_000);
    progress.close();
    progress.entry(entry('phase.started', {phase: 'verdict'}));
    await time.pass(60_000);

    expect(signsOfLife()).toEqual([
      '[+30s]    still in settle, for 30s; alive: no access',
      '[+1m]     still in settle, for 1m; alive: no access',
    ]);
  });

  it('does not take new credentials or dependents for what must die', async () => {
    progress.entry(entry('phase.started', {phase: 'restored'}));
    progress.entry(probeChange('token', 'denied'));
    progress.entry(probeChange('token', 'allowed', {generation: 2}));
    progress.entry(probeChange('checkout', 'allowed', {role: 'dependent'}));

    await time.pass(30_000);

    expect(signsOfLife()[0]).toMatch(/; alive: no access$/);
  });

  it.each(['##[add-mask]x', '##vso[task.complete]', 'a ##[error]b'])('lets %s be no command to CI', (text) => {
    progress.entry(entry('trouble', {where: 'x', code: 'failed', message: text}));

    expect(screen.written).not.toMatch(/##\w*\[/);
    expect(screen.written).toContain('#\\u{23}');
  });
});
