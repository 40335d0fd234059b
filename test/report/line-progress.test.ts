import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {createProgress} from '../../src/report/create-progress.ts';
import {stopTime} from '../run/manual-time.ts';
import {entriesOf, find} from '../verdict/journals.ts';
import {Screen} from './screen.ts';

const pass = entriesOf('pass');
const plan = find(pass, 'run.planned');

describe('report/line-progress', () => {
  let time: ReturnType<typeof stopTime>;
  beforeEach(() => {
    time = stopTime();
  });
  afterEach(() => vi.useRealTimers());

  const start = (screen: Screen, env: Record<string, string> = {}) =>
    createProgress({stream: screen.stream, env, color: false, clock: time.clock, plan});

  it.each([
    ['a pipe', {isTTY: false}, {}],
    ['CI', {isTTY: true}, {CI: 'true'}],
    ['a dumb terminal', {isTTY: true}, {TERM: 'dumb'}],
  ])('writes lines and moves no cursor in %s', async (_what, terminal, env) => {
    const screen = new Screen(terminal);
    const progress = start(screen, env);

    for (const entry of pass) progress.entry(entry);
    await time.pass(1000);
    progress.close();

    expect(screen.written).not.toContain('\u001b');
    expect(screen.written).toContain('phase shutdown\n');
    expect(screen.written).toMatch(/step revoke-leases: done and read back\n/);
    expect(screen.shown.length).toBeGreaterThan(40);
  });

  it('repaints on a terminal', async () => {
    const screen = new Screen();
    const progress = start(screen, {TERM: 'xterm'});

    await time.pass(200);
    progress.close();

    expect(screen.written).toContain('\u001b[?25l');
  });

  it('says each half minute that it is still there, until it is closed', async () => {
    const screen = new Screen({isTTY: false});
    const progress = start(screen);

    await time.pass(61_000);
    progress.close();
    await time.pass(60_000);

    expect(screen.shown.filter((line) => line.includes('still running'))).toHaveLength(2);
  });
});
