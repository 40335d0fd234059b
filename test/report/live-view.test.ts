import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import type {PlanRecord} from '../../src/contract/plan-record.ts';
import type {LiveSample} from '../../src/report/live-sample.ts';
import {createLiveView} from '../../src/report/live-view.ts';
import {stopTime} from '../run/manual-time.ts';
import {entriesOf, find} from '../verdict/journals.ts';
import {entry} from './entries.ts';
import {Screen} from './screen.ts';

const plan: PlanRecord = find(entriesOf('pass'), 'run.planned');
const showCursor = '\u001b[?25h';

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

  it.each([40, 80, 200])('writes no line that wraps at %i columns', async (columns) => {
    const screen = new Screen({columns, rows: 50});
    const view = start(screen, true);

    view.sample(sample('a-probe-with-a-name-that-is-longer-than-most-terminals-are-wide-and-then-some'.repeat(3)));
    view.sample(sample('注文サーバーへの接続は切断されなければならない'.repeat(6)));
    view.sample(sample('👩‍👩‍👧‍👦 e\u0301\u0323 ❤️ 🇪🇺'.repeat(20)));
    await time.pass(300);
    view.close();

    expect(replayed(screen).hasWrapped).toBe(false);
  });

  it('lines up what stands behind wide characters and marks', async () => {
    const screen = new Screen();
    const view = start(screen);

    for (const name of ['token', '注文', 'e\u0301\u0323te']) view.sample(sample(name));
    await time.pass(100);
    view.close();

    const lines = screen.shown.filter((line) => line.includes('allowed'));
    expect(lines.map((line) => columnAt(line, 'allowed'))).toEqual([27, 27, 27]);
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

  it('writes only the lines that differ from the frame before', async () => {
    const screen = new Screen();
    const view = start(screen);
    view.sample(sample('token'));
    await time.pass(100);
    const first = screen.written.length;

    await time.pass(100);
    const second = screen.written.slice(first);
    view.close();

    expect(second).toContain('orders-mcp  200ms');
    expect(second).toContain('token');
    expect(second).not.toContain('revoke-leases');
    expect(screen.shown.join('\n')).toContain('revoke-leases');
  });

  it('shows what drains under the step that waits for it, and for how long', async () => {
    const screen = new Screen();
    const view = start(screen);
    const step = 'revoke-leases';

    view.entry(entry('step.started', {step, uses: 'vault/wait-for-expiry', attempt: 1, at: 0}));
    view.entry(
      entry('draining', {operation: 'vault/wait-for-expiry', what: 'token of orders-mcp', until: 8400, at: 0}),
    );
    await time.pass(200);
    const early = screen.shown;
    await time.pass(8000);
    const late = screen.shown;
    await time.pass(200);
    const ended = screen.shown;
    view.close();

    const at = early.findIndex((line) => line.includes(step));
    expect(early[at + 1]).toBe('      drains in 8.2s  token of orders-mcp');
    expect(late[at + 1]).toBe('      drains in 0.2s  token of orders-mcp');
    expect(ended.join('\n')).not.toContain('drains in');
  });

  it('shows the end that was told last, and what drains where no step runs', async () => {
    const screen = new Screen();
    const view = start(screen);

    for (const until of [50_000, 125_000]) {
      view.entry(entry('draining', {operation: 'vault/approle-login', what: 'a batch token', until, at: 0}));
    }
    await time.pass(100);
    view.close();

    const lines = screen.shown.filter((line) => line.includes('drains in'));
    expect(lines).toEqual(['      drains in 2m05s  a batch token']);
    expect(screen.shown[screen.shown.indexOf(lines[0] ?? '') + 1]).toContain('PROBE');
  });

  it.each(['wraps-anew', 'cuts-off'] as const)('leaves no rest of a wider frame where a terminal %s', async (kind) => {
    const screen = new Screen({columns: 200});
    const view = start(screen);
    view.entry(entry('trouble', {where: 'release', code: 'timeout', message: 'Expected an answer, got none.'}));
    view.sample(sample('a-probe-with-a-name-that-is-quite-long-but-fits-into-a-wide-terminal-well-enough'));
    await time.pass(300);

    screen.resize(60, 24, kind);
    const resized = screen.window;
    await time.pass(100);
    view.close();

    for (const shown of [resized, screen.window]) {
      expect(shown[0]).toMatch(/^! release: Expected an answer/);
      expect(shown.filter((line) => line.startsWith('orders-mcp'))).toHaveLength(1);
      expect(shown.filter((line) => line.includes('a-probe-with-a-name'))).toHaveLength(1);
      expect(shown.filter((line) => line.includes('PROBE'))).toHaveLength(1);
      expect(shown.slice(1).every((line) => line.length < 60)).toBe(true);
    }
  });

  it('fills a window that became wider or higher', async () => {
    const screen = new Screen({columns: 60, rows: 6});
    const view = start(screen);
    await time.pass(100);

    screen.resize(200, 40);
    view.close();

    expect(screen.shown.filter((line) => line.startsWith('orders-mcp'))).toHaveLength(1);
    expect(screen.shown[0]).toContain('[guard] preflight');
    expect(screen.shown.join('\n')).not.toContain('more: make');
  });

  it('shows one frame in a window that became lower', async () => {
    const screen = new Screen({rows: 24});
    const view = start(screen);
    for (let number = 1; number <= 10; number++) view.sample(sample(`probe-${number}`));
    await time.pass(100);

    screen.resize(80, 8);
    await time.pass(200);
    view.close();

    expect(screen.window).toHaveLength(7);
    expect(screen.window[0]).toMatch(/^orders-mcp/);
    expect(screen.window.at(-1)).toMatch(/… \d+ more/);
  });

  it('paints over a key that was typed', async () => {
    const screen = new Screen();
    const view = start(screen);
    await time.pass(100);

    screen.write('^C');
    await time.pass(100);
    view.close();

    expect(screen.shown.join('\n')).not.toContain('^C');
    expect(screen.shown[0]).toMatch(/^orders-mcp/);
  });

  it('follows the window no more once closed', async () => {
    const screen = new Screen();
    const view = start(screen);
    view.close();
    const before = screen.written;

    screen.resize(40);
    await time.pass(1000);

    expect(screen.written).toBe(before);
    expect(screen.listenerCount('resize')).toBe(0);
    expect(screen.autowrap).toBe(true);
    expect(screen.cursorShown).toBe(true);
  });

  it('leaves above the frame what must not be lost', async () => {
    const screen = new Screen();
    const view = start(screen);

    view.entry(
      entry('rollback.failed', {
        step: 'revoke-leases',
        uses: 'x',
        at: 0,
        left: 'issue it by hand:\n(\n  vault read x\n)',
        code: 'timeout',
        message: 'Expected an answer, got none.',
      }),
    );
    await time.pass(1000);
    view.close();

    expect(screen.shown.slice(0, 5)).toEqual([
      '! rollback of revoke-leases: FAILED (timeout): Expected an answer, got none.',
      '! left to do: issue it by hand:',
      '       (',
      '         vault read x',
      '       )',
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

/** The same frames on a terminal that can't be told not to wrap. */
function replayed({written, columns}: Screen): Screen {
  const other = new Screen({columns, rows: 50});
  other.write(written.replaceAll('\u001b[?7l', ''));
  return other;
}

/** In columns, as this font has them: two for each character of Chinese, none for a mark. */
function columnAt(line: string, word: string): number {
  const before = line.slice(0, line.indexOf(word));
  return [...before].reduce((sum, each) => sum + (/\p{Script=Han}/u.test(each) ? 2 : /\p{M}/u.test(each) ? 0 : 1), 0);
}
