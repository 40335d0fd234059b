import type {styleText} from 'node:util';
import type {PlanRecord} from '../contract/plan-record.ts';
import type {Phase} from '../journal/entries.ts';
import {renderDuration} from '../util/duration.ts';
import {sanitizeLine} from '../util/sanitize.ts';
import {columnsOf, padColumns} from './columns.ts';
import type {LiveState, ProbeRow, StepState} from './live-state.ts';

type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;
type Look = {readonly now: number; readonly width: number; readonly height: number; readonly paint: Paint};

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

/** The phase, the steps with what drains, and each probe with its state, since when, and how fast it answers. */
export function renderFrame(
  plan: PlanRecord,
  state: LiveState,
  {tookMs, ...look}: Look & {readonly tookMs: number},
): readonly string[] {
  const lines = [
    phaseLine(plan.drill.name, renderDuration(tookMs), state.phase, look),
    ...stepLines(plan, state, look),
    look.paint('bold', `  ${'PROBE'.padEnd(24)} ${'STATE'.padEnd(14)} ${'SINCE'.padEnd(9)} LATENCY`),
    ...[...state.probes.values()].map((row) => probeLine(row, look)),
  ];
  return withinHeight(lines, look.height);
}

/** All phases with the present one marked; where they do not fit, that one and its place in the row. */
function phaseLine(name: string, took: string, phase: Phase, {width, paint}: Look): string {
  const head = `${sanitizeLine(name)}  ${took}  `;
  const fits = columnsOf(head) + phases.join(' ').length + 2 < width;
  const at = phases.indexOf(phase) + 1;
  const shown = fits
    ? phases.map((other) => (other === phase ? paint(['bold', 'cyan'], `[${other}]`) : paint('dim', other))).join(' ')
    : `${paint(['bold', 'cyan'], phase)} ${paint('dim', `(${at} of ${phases.length})`)}`;
  return paint('bold', head) + shown;
}

/** What drains stands below the step that waits for it; where none runs, below all of them. */
function stepLines(plan: PlanRecord, state: LiveState, look: Look): readonly string[] {
  const draining = drainingLines(state, look);
  const isRunning = (id: string): boolean => ['running', 'rolling back'].includes(state.steps.get(id) ?? '');
  const waiting = plan.steps.findIndex(({id}) => isRunning(id));
  const lines = plan.steps.map(({id, uses}) => {
    const name = padColumns(sanitizeLine(id), 22);
    return [
      `  ${stepMark(state.steps.get(id) ?? 'waiting', look.paint)} ${name} ${look.paint('dim', sanitizeLine(uses))}`,
    ];
  });
  lines.splice(waiting < 0 ? lines.length : waiting + 1, 0, draining);
  return lines.flat();
}

function stepMark(state: StepState, paint: Paint): string {
  if (state === 'waiting') return paint('dim', '·');
  if (state === 'running' || state === 'rolling back') return paint('cyan', '◐');
  if (state === 'done') return paint('green', '✔');
  return state === 'rolled back' ? paint('green', '↺') : paint('red', '✘');
}

/** The time is first, so that a narrow terminal cuts the name. Tenths of a second, so that it is seen to go down. */
function drainingLines(state: LiveState, {now, paint}: Look): string[] {
  return [...state.draining.values()]
    .filter(({until}) => until > now)
    .map(({what, until}) => {
      const leftMs = until - now;
      const left = leftMs < 60_000 ? `${(leftMs / 1000).toFixed(1)}s` : renderDuration(leftMs);
      return `      ${paint('cyan', `drains in ${left}`)}  ${sanitizeLine(what)}`;
    });
}

const stateStyles = {allowed: 'green', denied: 'blue', unreachable: 'magenta', indeterminate: 'yellow'} as const;

function probeLine(row: ProbeRow, {now, paint}: Look): string {
  const name = padColumns(sanitizeLine(row.generation === 2 ? `${row.probe} (new)` : row.probe), 24);
  const since = renderDuration(now - row.since).padEnd(9);
  return `  ${name} ${paint(stateStyles[row.state], row.state.padEnd(14))} ${since} ${renderDuration(row.latencyMs)}`;
}

/** As many lines as there is room for, and how many more there are. */
function withinHeight(lines: readonly string[], height: number): readonly string[] {
  if (lines.length <= height) return lines;
  return [
    ...lines.slice(0, Math.max(0, height - 1)),
    `  … ${lines.length - height + 1} more: make the terminal higher`,
  ];
}
