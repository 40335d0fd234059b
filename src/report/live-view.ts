import {styleText} from 'node:util';
import type {Entry, Phase} from '../journal/entries.ts';
import {renderDuration} from '../util/duration.ts';
import {describeEntry} from './describe-entry.ts';
import type {LiveSample} from './live-sample.ts';
import type {Progress, ProgressOptions} from './progress.ts';
import {sanitizeLine} from './sanitize-line.ts';

type Style = Parameters<typeof styleText>[0];
type Row = LiveSample & {readonly since: number};
type Paint = (style: Style, text: string) => string;
type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'rolling back' | 'rolled back' | 'not rolled back';

const repaintMs = 100;
const phases: readonly Phase[] = [
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
];
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

  const paint: Paint = (style, text) => (options.color ? styleText(style, text, {validateStream: false}) : text);
  const frame = (): readonly string[] => [
    phaseLine(plan.drill.name, renderDuration(clock.now() - startedAt), phase, stream.columns || 80, paint),
    ...plan.steps.map(
      ({id, uses}) =>
        `  ${stepMark(steps.get(id) ?? 'waiting', paint)} ${sanitizeLine(id).padEnd(22)} ${paint('dim', sanitizeLine(uses))}`,
    ),
    paint('bold', `  ${'PROBE'.padEnd(24)} ${'STATE'.padEnd(14)} ${'SINCE'.padEnd(9)} LATENCY`),
    ...[...rows.values()].map((row) => probeLine(row, clock.now(), paint)),
  ];
  const repaint = (above = ''): void => {
    if (closed) return;
    const width = stream.columns || 80;
    const height = (stream.rows || 24) - 1;
    const lines = withinHeight(frame(), height).map((line) => cut(line, width - 1));
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

/** All phases with the present one marked; where they do not fit, that one and its place in the row. */
function phaseLine(name: string, took: string, phase: Phase, width: number, paint: Paint): string {
  const head = `${sanitizeLine(name)}  ${took}  `;
  const fits = head.length + phases.join(' ').length + 2 < width;
  const at = phases.indexOf(phase) + 1;
  const shown = fits
    ? phases.map((other) => (other === phase ? paint(['bold', 'cyan'], `[${other}]`) : paint('dim', other))).join(' ')
    : `${paint(['bold', 'cyan'], phase)} ${paint('dim', `(${at} of ${phases.length})`)}`;
  return paint('bold', head) + shown;
}

/** As many lines as there is room for, and how many more there are. */
function withinHeight(lines: readonly string[], height: number): readonly string[] {
  if (lines.length <= height) return lines;
  return [
    ...lines.slice(0, Math.max(0, height - 1)),
    `  … ${lines.length - height + 1} more: make the terminal higher`,
  ];
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

function stepMark(state: StepState, paint: Paint): string {
  if (state === 'waiting') return paint('dim', '·');
  if (state === 'running' || state === 'rolling back') return paint('cyan', '◐');
  if (state === 'done') return paint('green', '✔');
  return state === 'rolled back' ? paint('green', '↺') : paint('red', '✘');
}

function probeLine(row: Row, now: number, paint: Paint): string {
  const name = sanitizeLine(row.generation === 2 ? `${row.probe} (new)` : row.probe);
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
