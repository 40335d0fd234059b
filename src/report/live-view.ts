import {styleText} from 'node:util';
import type {Entry, Phase} from '../journal/entries.ts';
import {renderDuration} from '../util/duration.ts';
import {describeEntry} from './describe-entry.ts';
import type {LiveSample} from './live-sample.ts';
import type {Progress, ProgressOptions} from './progress.ts';
import {sanitizeLine} from './sanitize-line.ts';

type Style = Parameters<typeof styleText>[0];
type Row = LiveSample & {readonly since: number};
type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'rolling back' | 'rolled back' | 'not rolled back';

const repaintMs = 100;
const phases = [
  'guard',
  'preflight',
  'capture',
  'baseline',
  'shutdown',
  'settle',
  'rollback',
  'restored',
  'audit',
  'scan',
  'verdict',
] as const satisfies readonly Phase[];
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const beginFrame = '\u001b[?2026h';
const endFrame = '\u001b[?2026l';

/** Repaints one table in place: the phase, the steps, and each probe with its state, since when, and how fast it answers. */
export function createLiveView(options: ProgressOptions): Progress {
  const {stream, clock, plan} = options;
  const startedAt = clock.now();
  const rows = new Map<string, Row>();
  const steps = new Map<string, StepState>(plan.steps.map(({id}) => [id, 'waiting']));
  let phase: Phase = 'guard';
  let painted = 0;
  let closed = false;

  const paint = (style: Style, text: string): string =>
    options.color ? styleText(style, text, {validateStream: false}) : text;
  const frame = (): readonly string[] => [
    `${paint('bold', plan.drill.name)}  ${renderDuration(clock.now() - startedAt)}  ${phases.map((name) => (name === phase ? paint(['bold', 'cyan'], name) : paint('dim', name))).join(' ')}`,
    ...plan.steps.map(
      ({id, uses}) => `  ${stepMark(steps.get(id) ?? 'waiting', paint)} ${id.padEnd(22)} ${paint('dim', uses)}`,
    ),
    paint('bold', `  ${'PROBE'.padEnd(24)} ${'STATE'.padEnd(14)} ${'SINCE'.padEnd(9)} LATENCY`),
    ...[...rows.values()].map((row) => probeLine(row, clock.now(), paint)),
  ];
  const repaint = (above = ''): void => {
    if (closed) return;
    const width = stream.columns || 80;
    const height = (stream.rows || 24) - 1;
    const lines = frame()
      .slice(0, height)
      .map((line) => cut(line, width - 1));
    stream.write(`${beginFrame}${hideCursor}${eraseFrame(painted)}${above}${lines.join('\n')}\n${endFrame}`);
    painted = lines.length;
  };
  const timer = setInterval(() => repaint(), repaintMs);
  const restoreCursor = (): void => void stream.write(showCursor);
  process.once('exit', restoreCursor);

  return {
    entry: (entry) => {
      if (entry.type === 'phase.started') phase = entry.data.phase;
      followStep(steps, entry);
      const note = isNote(entry) ? describeEntry(entry) : undefined;
      if (note !== undefined)
        repaint(
          note
            .split('\n')
            .map((line) => `${paint('yellow', '!')} ${sanitizeLine(line)}\n`)
            .join(''),
        );
    },
    sample: (sample) => {
      const key = `${sample.probe} ${sample.generation}`;
      const before = rows.get(key);
      rows.set(key, {...sample, since: before?.state === sample.state ? before.since : clock.now()});
    },
    close: () => {
      if (closed) return;
      repaint();
      closed = true;
      clearInterval(timer);
      process.off('exit', restoreCursor);
      restoreCursor();
    },
  };
}

/** What must not be overwritten by the next frame. */
function isNote(entry: Entry): boolean {
  return (
    [
      'phase.failed',
      'capture.failed',
      'step.failed',
      'rollback.failed',
      'audit.failed',
      'interruption',
      'trouble',
      'probe.instance',
      'control.changed',
    ].includes(entry.type) && !(entry.type === 'control.changed' && entry.data.held)
  );
}

function followStep(steps: Map<string, StepState>, entry: Entry): void {
  if (entry.type === 'step.started') steps.set(entry.data.step, 'running');
  if (entry.type === 'step.succeeded') steps.set(entry.data.step, 'done');
  if (entry.type === 'step.failed') steps.set(entry.data.step, 'failed');
  if (entry.type === 'rollback.started') steps.set(entry.data.step, 'rolling back');
  if (entry.type === 'rollback.succeeded' || entry.type === 'rollback.not-needed')
    steps.set(entry.data.step, 'rolled back');
  if (entry.type === 'rollback.failed') steps.set(entry.data.step, 'not rolled back');
}

function stepMark(state: StepState, paint: (style: Style, text: string) => string): string {
  if (state === 'waiting') return paint('dim', '·');
  if (state === 'running' || state === 'rolling back') return paint('cyan', '◐');
  if (state === 'done') return paint('green', '✔');
  return state === 'rolled back' ? paint('green', '↺') : paint('red', '✘');
}

function probeLine(row: Row, now: number, paint: (style: Style, text: string) => string): string {
  const name = row.generation === 2 ? `${row.probe} (new)` : row.probe;
  const style: Style =
    row.state === 'allowed'
      ? 'green'
      : row.state === 'denied'
        ? 'blue'
        : row.state === 'unreachable'
          ? 'magenta'
          : 'yellow';
  return `  ${name.padEnd(24)} ${paint(style, row.state.padEnd(14))} ${renderDuration(now - row.since).padEnd(9)} ${renderDuration(row.latencyMs)}`;
}

function eraseFrame(lines: number): string {
  return lines === 0 ? '' : `\u001b[${lines}A\u001b[0J`;
}

/** Cuts at `width` columns; colour codes have none. */
function cut(line: string, width: number): string {
  let columns = 0;
  let kept = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
  for (const piece of line.split(/(\u001b\[[\d;]*m)/)) {
    if (piece.startsWith('\u001b')) {
      kept += piece;
      continue;
    }
    const room = Math.max(0, width - columns);
    const characters = [...piece];
    kept += characters.slice(0, room).join('');
    columns += characters.length;
  }
  return kept;
}
