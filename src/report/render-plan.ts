import type {AccessRecord, PlanRecord, StepRecord} from '../contract/plan-record.ts';
import {renderTarget} from '../contract/target.ts';
import {renderDuration} from '../util/duration.ts';
import {renderInputs, renderTable, wrap} from './layout.ts';

const signs = {revokes: '-', ends: '-', expires: '-', disables: '~', rotates: '~', issues: '+', runs: '!'} as const;

/** What a run would do, before it does it. */
export function renderPlan(plan: PlanRecord, {width}: {readonly width: number}): string {
  const {drill, integration} = plan;
  const rows = (cells: readonly (readonly string[])[]): readonly string[] =>
    renderTable(cells[0]?.map(() => '') ?? [], cells, width - 2)
      .slice(1)
      .map((row) => `  ${row}`);
  const sections = [
    [
      ...wrap(drill.title, width, 'PLAN  '),
      ...wrap(
        `removes ${integration.name} in ${integration.environment}; ${integration.owner} answers for it`,
        width,
        '  ',
      ),
    ],
    [
      'TOUCHES ONLY',
      ...rows(
        plan.guard.map((entry) => [
          renderTarget(entry),
          entry.cluster === undefined ? '' : `must say it is ${entry.cluster}`,
        ]),
      ),
    ],
    [
      'CAPTURES, while it is alive',
      ...rows(
        Object.entries(plan.captures).map(([name, {uses, kind}]) => [
          name,
          uses,
          kind === 'taken' ? 'what it really holds' : 'a sibling made by the same right',
        ]),
      ),
    ],
    [
      'MUST DIE',
      ...rows(
        Object.entries(plan.access).map(([name, access]) => [name, accessOperation(access), accessLimit(access)]),
      ),
    ],
    [
      'MUST LIVE',
      ...rows(
        Object.entries(plan.dependents).map(([name, {uses, everyMs, availability}]) => [
          name,
          uses,
          `${availability * 100}% available, asked every ${renderDuration(everyMs)}`,
        ]),
      ),
    ],
    ['SHUTDOWN, in order', ...plan.steps.flatMap((step, index) => renderStep(step, index, width))],
    [`SETTLE  until everything has been dead for ${renderDuration(plan.settleMs)}`],
    [
      'WHO CHANGED SOMETHING',
      ...Object.entries(plan.audit).flatMap(([system, source]) =>
        wrap('uses' in source ? source.uses : `not recorded: ${source.blind}`, width, `  ${system.padEnd(12)}  `),
      ),
    ],
    [
      'A CHANGE BY ANYBODY ELSE COUNTS, from the first step to the last event, on',
      ...Object.entries(plan.scope)
        .filter(([system, patterns]) => patterns.length > 0 && 'uses' in (plan.audit[system] ?? {}))
        .flatMap(([system, patterns]) => wrap(patterns.join('  '), width, `  ${system.padEnd(12)}  `)),
    ],
  ];
  return `${sections
    .filter((lines) => lines.length > 1 || lines[0]?.startsWith('SETTLE'))
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** What a restoration would do, before it does it: the rollbacks, last step first. */
export function renderRestoration(plan: PlanRecord, {width}: {readonly width: number}): string {
  const {drill, integration, steps} = plan;
  const rows = plan.guard.map((entry) => [
    renderTarget(entry),
    entry.cluster === undefined ? '' : `must say it is ${entry.cluster}`,
  ]);
  const rollbacks = steps.toReversed().flatMap(({id, on, rollback}, index) => {
    const what =
      rollback.kind === 'none'
        ? `none: ${rollback.why}`
        : `${rollback.uses}${on === undefined ? '' : ` on ${on}`}  ${renderInputs(rollback.with)}`;
    return wrap(`${id}  ${what}`, width, `  ${index + 1}. ${rollback.kind === 'none' ? ' ' : '+'} `);
  });
  const sections = [
    [
      ...wrap(`what \`${drill.name}\` takes away is brought back, where it is missing`, width, 'RESTORE  '),
      ...wrap(`${integration.name} in ${integration.environment}; ${integration.owner} answers for it`, width, '  '),
    ],
    [
      'TOUCHES ONLY',
      ...renderTable(['', ''], rows, width - 2)
        .slice(1)
        .map((row) => `  ${row}`),
    ],
    ['ROLLBACKS, in order', ...rollbacks],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function accessOperation({uses, session}: AccessRecord): string {
  return session === 'held' ? `${uses} (held)` : uses;
}

function accessLimit({expect, deniedWithinMs, after}: AccessRecord): string {
  return `${expect.join(' or ')} within ${renderDuration(deniedWithinMs)}${after === undefined ? '' : ` of ${after}`}`;
}

function renderStep(step: StepRecord, index: number, width: number): readonly string[] {
  const {rollback} = step;
  const on = step.on === undefined ? '' : ` on ${step.on}`;
  const back =
    rollback.kind === 'none'
      ? `none: ${rollback.why}`
      : `+ ${rollback.uses}  ${renderInputs(rollback.with)}${renderWithin(rollback.withinMs ?? step.withinMs)}`;
  return [
    ...wrap(
      `${signs[step.effect]} ${step.id}  ${step.uses}${on}  ${renderInputs(step.with)}${renderWithin(step.withinMs)}`,
      width,
      `  ${index + 1}. `,
    ),
    ...wrap(back, width, '       rollback '),
  ];
}

/** Left out where it is as long as anywhere. */
function renderWithin(withinMs: number): string {
  return withinMs === 10_000 ? '' : `  (read back within ${renderDuration(withinMs)})`;
}
