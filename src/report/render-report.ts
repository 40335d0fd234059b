import {styleText} from 'node:util';
import {renderDuration} from '../util/duration.ts';
import type {AccessResult, Criterion, RunResult} from '../verdict/result.ts';

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const criterionTitles = {
  baseline: 'everything worked before',
  shutdown: 'every step was done and read back',
  'access-removed': 'all access was removed',
  'dependents-unharmed': 'nothing else was harmed',
  'no-manual-recovery': 'nobody helped',
  restored: 'everything came back on new credentials',
  evidence: 'the record is whole and holds no secret',
} as const;

/** The report for people: the verdict first, then why, then what was seen. */
export function renderReport(result: RunResult, options: {readonly color: boolean; readonly width: number}): string {
  const paint: Paint = (style, text) => (options.color ? styleText(style, text, {validateStream: false}) : text);
  const sections = [
    renderHead(result, paint),
    renderCriteria(result, paint, options.width),
    renderAccess(result, paint),
    renderDependents(result, paint),
    renderSteps(result, paint),
    renderRecovery(result, paint, options.width),
    renderLeft(result, paint),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function renderHead(result: RunResult, paint: Paint): string {
  const style: Style =
    result.verdict === 'pass' ? ['bold', 'green'] : result.verdict === 'fail' ? ['bold', 'red'] : ['bold', 'yellow'];
  const took = renderDuration(Date.parse(result.finishedAt) - Date.parse(result.startedAt));
  const status = result.status === 'completed' ? '' : `, ${result.status}`;
  return [
    `${paint('bold', 'VERDICT')}  ${paint(style, result.verdict.toUpperCase())}   ${result.drill.name}   ${took}${status}   exit ${result.exitCode}`,
    `run      ${result.run}`,
    `removed  ${result.integration} in ${result.environment}${result.target === 'emulator' ? ' (an emulator: proves the order of things, not the cloud)' : ''}`,
  ].join('\n');
}

function renderCriteria(result: RunResult, paint: Paint, width: number): string {
  const lines = Object.entries<Criterion>(result.criteria).flatMap(([name, {state, reasons}]) => {
    const title = criterionTitles[name as keyof typeof criterionTitles];
    return [
      `  ${mark(state, paint)} ${name.padEnd(20)} ${title}`,
      ...reasons.flatMap((reason) => wrap(reason, width, '      ')),
    ];
  });
  return [paint('bold', 'CRITERIA'), ...lines].join('\n');
}

function mark(state: Criterion['state'], paint: Paint): string {
  if (state === 'met') return paint('green', '✔');
  return state === 'unmet' ? paint('red', '✘') : paint('yellow', '?');
}

function renderAccess(result: RunResult, paint: Paint): string {
  const rows = Object.entries<AccessResult>(result.access).map(([name, access]) => [
    name,
    access.surface,
    deniedAfter(access),
    renderDuration(access.limitMs),
    access.afterRollback,
    `${access.samples.allowed} / ${access.samples.denied} / ${access.samples.unreachable} / ${access.samples.indeterminate}`,
  ]);
  const head = ['ACCESS', 'surface', 'dead after', 'limit', 'after rollback', 'allowed / denied / unreachable / other'];
  return renderTable(head, rows, paint);
}

/** The interval in which it died: it was still allowed at the first time, and dead by the second. */
function deniedAfter({deniedAfterMs, afterStep}: AccessResult): string {
  if (deniedAfterMs === null) return 'never';
  const [earliest, latest] = afterStep?.deniedAfterMs ?? deniedAfterMs;
  const since = afterStep === undefined ? '' : ` (of ${afterStep.step})`;
  return `${renderDuration(earliest)} – ${renderDuration(latest)}${since}`;
}

function renderDependents(result: RunResult, paint: Paint): string {
  const rows = Object.entries(result.dependents).map(([name, dependent]) => [
    name,
    dependent.availability === null
      ? 'not seen'
      : `${(Math.floor(dependent.availability * 10_000) / 100).toFixed(2)} %`,
    dependent.longestOutageMs === 0 ? 'none' : renderDuration(dependent.longestOutageMs),
    String(dependent.restarts),
    String(
      dependent.samples.allowed +
        dependent.samples.denied +
        dependent.samples.unreachable +
        dependent.samples.indeterminate,
    ),
  ]);
  return rows.length === 0
    ? ''
    : renderTable(['DEPENDENTS', 'availability', 'longest outage', 'restarts', 'samples'], rows, paint);
}

function renderSteps(result: RunResult, paint: Paint): string {
  const rows = result.steps.map((step) => [
    step.id,
    step.uses,
    step.status,
    step.startedAt === undefined || step.finishedAt === undefined
      ? ''
      : renderDuration(Date.parse(step.finishedAt) - Date.parse(step.startedAt)),
    step.rollback,
  ]);
  return renderTable(['STEPS', 'operation', 'status', 'took', 'rollback'], rows, paint);
}

function renderRecovery(result: RunResult, paint: Paint, width: number): string {
  const {state, blind, audited, events} = result.manualRecovery;
  const lines = [
    `${paint('bold', 'MANUAL RECOVERY')}  ${state}`,
    ...audited.map(
      ({system, entries, completeTo}) =>
        `  audited  ${system}: ${entries} entries${completeTo === undefined ? ', not complete' : `, complete to ${completeTo}`}`,
    ),
    ...events.flatMap((event) =>
      wrap(
        `${event.time}  ${event.system}: ${event.operation} ${event.path} (${event.effect}, during ${event.phase})${event.accessor === undefined ? '' : ` by ${event.accessor}`}`,
        width,
        '  found    ',
      ),
    ),
    ...blind.flatMap(({system, why}) => wrap(`${system}: ${why}`, width, '  blind    ')),
  ];
  return lines.join('\n');
}

function renderLeft(result: RunResult, paint: Paint): string {
  if (result.left.length === 0) return '';
  return [
    paint(['bold', 'red'], 'LEFT TO DO BY HAND'),
    ...result.left.map((step, index) => `  ${index + 1}. ${step}`),
  ].join('\n');
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [paint('bold', `${line(head)}`), ...rows.map((row) => `${line(row)}`)].join('\n');
}

/** Breaks at spaces, so that no line is wider than `width` where that can be helped. The first line carries `lead`, the others as much space. */
function wrap(text: string, width: number, lead: string): readonly string[] {
  const lines: string[] = [];
  let line = lead;
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width && line.trim() !== '' && line !== lead) {
      lines.push(line.trimEnd());
      line = ' '.repeat(lead.length);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
