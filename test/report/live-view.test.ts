import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import type {PlanRecord} from '../../src/contract/plan-record.ts';
import type {Entry, EventData, EventType} from '../../src/journal/entries.ts';
import type {LiveSample} from '../../src/report/live-sample.ts';
import {createLiveView} from '../../src/report/live-view.ts';
import {stopTime} from '../run/manual-time.ts';
import {entriesOf, find} from '../verdict/journals.ts';
import {Screen} from './screen.ts';

const plan: PlanRecord = find(entriesOf('pass'), 'run.planned');
const showCursor = '\u001b[?25h';

function entry<T extends EventType>(type: T, data: EventData<T>): Entry {
  return {v: 1, seq: 0, time: '2026-01-01T00:00:00Z', prev: '', type, data} as unknown as Entry;
}

const sample = (probe: string, more: Partial<LiveSample> = {}): LiveSample => ({
  probe,
  role: 'access',
  generation: 1,
  state: 'allowed',
  code: '200',
  latencyMs: 4,
  ...more,
});

describe('report/live-view', () => {
  let time: ReturnType<typeof stopTime>;
  beforeEach(() => {
    time = stopTime();
  });
  afterEach(() => vi.useRealTimers());

  const start = (screen: Screen, color = false) =>
    createLiveView({stream: screen.stream, env: {}, color, clock: time.clock, plan});

  it('shows phase, steps, and each probe with its state, since when and how fast', async () => {
    const screen = new Screen();
    const view = start(screen);

    view.entry(entry('phase.started', {phase: 'settle'}));
    view.entry(entry('step.started', {step: 'stop-server', uses: 'command/run', attempt: 1, at: 0}));
    view.entry(entry('step.succeeded', {step: 'stop-server', at: 0}));
    view.sample(sample('token'));
    await time.pass(1000);
    view.sample(sample('token', {state: 'denied', latencyMs: 12}));
    await time.pass(500);
    view.close();

    const shown = screen.shown.join('\n');
    expect(shown).toContain('settle (6 of 11)');
    expect(shown).toMatch(/✔ stop-server +command\/run/);
    expect(shown).toMatch(/· revoke-leases +vault\/revoke-leases/);
    expect(shown).toMatch(/token +denied +500ms +12ms/);
  });

  it.each([40, 80, 200])('writes no line wider than %i columns', async (columns) => {
    const screen = new Screen({columns});
    const view = start(screen, true);

    view.sample(sample('a-probe-with-a-name-that-is-longer-than-most-terminals-are-wide-and-then-some'));
    await time.pass(300);
    view.close();

    for (const line of screen.shown) expect([...line].length).toBeLessThan(columns);
  });

  it('lists all phases where there is room', async () => {
    const screen = new Screen({columns: 200});
    const view = start(screen);

    await time.pass(100);
    view.close();

    expect(screen.shown.join('\n')).toContain('[guard] preflight capture baseline shutdown settle rollback');
  });

  it('says how many lines did not fit into the height', async () => {
    const screen = new Screen({rows: 12});
    const view = start(screen);

    for (let number = 1; number <= 20; number++) view.sample(sample(`probe-${number}`));
    await time.pass(200);
    view.close();

    const shown = screen.shown.filter((line) => line !== '');
    expect(shown.length).toBeLessThan(12);
    expect(shown.at(-1)).toMatch(/… 17 more/);
  });

  it('paints over its last frame, one write a frame', async () => {
    const screen = new Screen();
    const write = vi.spyOn(screen, 'write');
    const view = start(screen);

    await time.pass(1000);
    view.close();

    expect(write.mock.calls.length).toBeLessThanOrEqual(12);
    expect(screen.shown.filter((line) => line.startsWith('orders-mcp'))).toHaveLength(1);
  });

  it('leaves above the frame what must not be lost', async () => {
    const screen = new Screen();
    const view = start(screen);

    view.entry(
      entry('rollback.failed', {
        step: 'revoke-leases',
        uses: 'x',
        at: 0,
        left: 'issue it by hand',
        code: 'timeout',
        message: 'Expected an answer, got none.',
      }),
    );
    await time.pass(1000);
    view.close();

    expect(screen.shown.slice(0, 2)).toEqual([
      '! rollback of revoke-leases: FAILED (timeout): Expected an answer, got none.',
      '! left to do: issue it by hand',
    ]);
  });

  it('gives the cursor back, once closed or when the process ends', () => {
    const screen = new Screen();
    const view = start(screen);
    process.emit('exit', 0);
    const atExit = screen.written;

    view.close();
    const closed = screen.written;
    view.close();

    expect(atExit.endsWith(showCursor)).toBe(true);
    expect(closed.endsWith(showCursor)).toBe(true);
    expect(screen.written).toBe(closed);
  });

  it('lets no character from outside drive the terminal', async () => {
    const screen = new Screen();
    const view = start(screen);

    view.sample(sample('evil\u001b[2J\u0007\u202e'));
    view.entry(entry('trouble', {where: 'x\r', code: 'failed', message: '\u001b]0;title\u0007'}));
    await time.pass(200);
    view.close();

    for (const driving of ['\u0007', '\r', '\u202e', '\u001b[2J', '\u001b]']) {
      expect(screen.written).not.toContain(driving);
    }
    expect(screen.shown.join('\n')).toContain('evil\\u{1b}[2J');
  });
});
