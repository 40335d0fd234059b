import {styleText} from 'node:util';
import {renderDuration} from '../util/duration.ts';
import {sanitizeLine} from '../util/sanitize.ts';
import {allowedInAll} from '../verdict/flips.ts';
import type {AccessResult, Criterion, DependentResult, RunResult} from '../verdict/result.ts';
import {isRehearsal} from './is-rehearsal.ts';
import {type Look, renderTable, wrap} from './layout.ts';
import {renderLeftSteps} from './left-steps.ts';
import {renderLedger, renderTimeline} from './render-ledger.ts';

/** From so long on a system is not done at once. */
const lateMs = 1000;

const criterionTitles = {
  baseline: 'all access allowed, all dependents healthy',
  shutdown: 'each step done and read back',
  'access-removed': 'each access dead in time, and for good',
  'dependents-unharmed': 'dependents available, and not restarted',
  'no-manual-recovery': 'no change by anybody else on record',
  restored: 'back on new credentials',
  evidence: 'the record whole, and no secret in it',
} as const;

/** The report for people: the verdict first, then why, then what was seen. */
export function renderReport(result: RunResult, options: {readonly color: boolean; readonly width: number}): string {
  const paint: Look['paint'] = (style, text) =>
    options.color ? styleText(style, text, {validateStream: false}) : text;
  const look = {paint, width: options.width};
  const sections = result.restores === true ? restorationSections(result, look) : drillSections(result, look);
  return `${sections
    .filter((section) => section.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function drillSections(result: RunResult, look: Look): readonly (readonly string[])[] {
  return [
    renderHead(result, look),
    renderLeft(result, look),
    renderCriteria(result, look),
    renderAccess(result, look),
    ...(result.until === undefined
      ? [renderDependents(result, look), renderSteps(result, look), renderDraining(result, look)]
      : []),
    renderLedger(result.manualRecovery, look),
    renderTimeline(result.manualRecovery, look),
    renderTroubles(result, look),
  ];
}

/** What was removed, and how it fared, is no matter of a restoration: only whether everything is back. */
function restorationSections(result: RunResult, look: Look): readonly (readonly string[])[] {
  const {restored, evidence} = result.criteria;
  return [
    renderHead(result, look),
    renderLeft(result, look),
    renderCriteria(result, look, {restored, evidence}),
    renderDependents(result, look),
    renderSteps(result, look),
    renderTroubles(result, look),
  ];
}

function renderHead(result: RunResult, {paint, width}: Look): readonly string[] {
  const colors = {pass: 'green', fail: 'red', inconclusive: 'yellow'} as const;
  const took = renderDuration(Date.parse(result.finishedAt) - Date.parse(result.startedAt));
  const status = result.status === 'completed' ? '' : `, ${result.status}`;
  const isBack = result.exitCode === 0;
  const verdict =
    result.restores === true
      ? paint(['bold', isBack ? 'green' : 'red'], isBack ? 'everything is back' : 'not everything is back')
      : paint(['bold', colors[result.verdict]], result.verdict.toUpperCase());
  const until =
    result.until === undefined
      ? []
      : wrap(
          result.criteria.baseline.state === 'met'
            ? 'after the baseline, as asked; it held, and nothing was changed. What is removed is for a whole run to show.'
            : 'before anything was changed',
          width,
          'stopped      ',
        );
  const emulator =
    result.target === 'real'
      ? []
      : wrap('an emulator: proves the order of things, not the cloud', width, 'target       ');
  return [
    `${paint('bold', result.restores === true ? 'RESTORED' : 'VERDICT')}  ${verdict}   ${sanitizeLine(result.drill.name)}   ${took}${status}   exit ${result.exitCode}`,
    `run          ${sanitizeLine(result.run)}`,
    `integration  ${sanitizeLine(`${result.integration} in ${result.environment}`)}`,
    ...emulator,
    ...until,
    ...(result.reconciledAt === undefined
      ? []
      : wrap(`audit records that came in late were read again at ${result.reconciledAt}`, width, 'reconciled   ')),
  ];
}

function renderLeft(result: RunResult, {paint, width}: Look): readonly string[] {
  if (result.left.length === 0) return [];
  return [
    paint(
      ['bold', 'red'],
      `LEFT TO DO BY HAND: staging is ${result.exitCode === 4 ? 'not as it was' : 'as it was, but for this'}`,
    ),
    ...renderLeftSteps(result.left, width),
  ];
}

function renderCriteria(
  result: RunResult,
  {paint, width}: Look,
  criteria: Partial<RunResult['criteria']> = result.criteria,
): readonly string[] {
  const lines = Object.entries<Criterion>(criteria).flatMap(([name, {state, reasons}]) => {
    const title = criterionTitles[name as keyof typeof criterionTitles];
    const told = isRehearsal(result) && state === 'unproven' ? [] : reasons;
    return [
      `  ${mark(state, paint)} ${state.padEnd(8)}  ${name.padEnd(19)}  ${paint('dim', title)}`,
      ...told.flatMap((reason) => wrap(reason, width, '      ')),
    ];
  });
  return [paint('bold', 'CRITERIA'), ...lines];
}

function mark(state: Criterion['state'], paint: Look['paint']): string {
  if (state === 'met') return paint('green', '✔');
  return state === 'unmet' ? paint('red', '✘') : paint('yellow', '?');
}

function renderAccess(result: RunResult, look: Look): readonly string[] {
  const rows = Object.entries<AccessResult>(result.access).map(([name, access]) => [
    name,
    surfaceOf(access),
    deniedAfter(access),
    renderDuration(access.limitMs),
    access.afterRollback,
    seen(access.samples),
  ]);
  return renderSection(['ACCESS', 'surface', 'dead after', 'limit', 'after rollback', 'seen'], rows, look);
}

/** One that was only late to be dead for good is told from one that lives. */
function surfaceOf({surface, until, flips = []}: AccessResult): string {
  if (flips.at(-1)?.stayedDead === true) return `${surface}, flipped back for ${renderDuration(allowedInAll(flips))}`;
  return until === undefined ? surface : `${surface} until ${until}`;
}

/** The interval in which it died: it was still allowed at the first time, and dead by the second. */
function deniedAfter({deniedAfterMs, afterStep, diedIn}: AccessResult): string {
  if (deniedAfterMs === null) return 'never';
  const [earliest, latest] = afterStep?.deniedAfterMs ?? deniedAfterMs;
  const since = afterStep === undefined ? lateIn(diedIn) : ` of ${afterStep.step}`;
  return `${renderDuration(earliest)} – ${renderDuration(latest)}${since}`;
}

/** Told where it died late in a step: what was done may be in force only then. */
function lateIn(diedIn: AccessResult['diedIn']): string {
  const [, latest] = diedIn?.deniedAfterMs ?? [0, 0];
  return diedIn === undefined || latest < lateMs ? '' : `, ${renderDuration(latest)} after ${diedIn.step} began`;
}

/** How often each state was seen; what was not seen is not told. */
function seen(samples: AccessResult['samples']): string {
  return (['allowed', 'denied', 'unreachable', 'indeterminate', 'skipped'] as const)
    .filter((state) => samples[state] > 0)
    .map((state) => `${samples[state]} ${state}`)
    .join(', ');
}

function renderDependents(result: RunResult, look: Look): readonly string[] {
  const rows = Object.entries<DependentResult>(result.dependents).map(([name, dependent]) => [
    name,
    dependent.availability === null
      ? 'not seen'
      : `${(Math.floor(dependent.availability * 10_000) / 100).toFixed(2)} %`,
    dependent.longestOutageMs === 0 ? 'none' : renderDuration(dependent.longestOutageMs),
    String(dependent.restarts),
    seen(dependent.samples),
  ]);
  return rows.length === 0
    ? []
    : renderSection(['DEPENDENTS', 'availability', 'longest outage', 'restarts', 'seen'], rows, look);
}

function renderSteps(result: RunResult, look: Look): readonly string[] {
  const rows = result.steps.map((step) => [
    step.id,
    step.uses,
    step.status,
    step.startedAt === undefined || step.finishedAt === undefined
      ? ''
      : `${renderDuration(Date.parse(step.finishedAt) - Date.parse(step.startedAt))}${late(step.inForceAfterMs)}`,
    `${step.rollback}${late(step.rollbackInForceAfterMs)}`,
  ]);
  return renderSection(['STEPS', 'operation', 'status', 'took', 'rollback'], rows, look);
}

/** Told where a system took its time: what is in force at once is no news. */
function late(inForceAfterMs = 0): string {
  return inForceAfterMs < lateMs ? '' : `, in force after ${renderDuration(inForceAfterMs)}`;
}

function renderDraining({draining}: RunResult, look: Look): readonly string[] {
  const rows = draining.map(({operation, what, from, until}) => [
    what,
    operation,
    renderDuration(Math.max(0, Date.parse(until) - Date.parse(from))),
    until,
  ]);
  return rows.length === 0 ? [] : renderSection(['DRAINING', 'operation', 'for', 'until'], rows, look);
}

function renderSection(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  {paint, width}: Look,
): readonly string[] {
  const [title = '', ...lines] = renderTable(head, rows, width);
  return [paint('bold', title), ...lines];
}

function renderTroubles({troubles}: RunResult, {paint, width}: Look): readonly string[] {
  if (troubles.length === 0) return [];
  return [paint('bold', 'TROUBLE ON THE WAY'), ...troubles.flatMap((trouble) => wrap(trouble, width, '  - '))];
}
