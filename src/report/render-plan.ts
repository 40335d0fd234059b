import type {AccessRecord, PlanRecord, StepRecord} from '../contract/plan-record.ts';
import {renderTarget} from '../contract/target.ts';
import {renderDuration} from '../util/duration.ts';

const signs = {revokes: '-', ends: '-', expires: '-', disables: '~', rotates: '~', issues: '+', runs: '!'} as const;

/** What a run would do, before it does it. */
export function renderPlan(plan: PlanRecord): string {
  const {drill, integration} = plan;
  const sections = [
    [
      `PLAN  ${drill.title}`,
      `  removes ${integration.name} in ${integration.environment}; ${integration.owner} answers for it`,
    ],
    [
      'TOUCHES ONLY',
      ...plan.guard.map(
        (entry) => `  ${renderTarget(entry)}${entry.cluster === undefined ? '' : `  must say it is ${entry.cluster}`}`,
      ),
    ],
    [
      'CAPTURES, while it is alive',
      ...Object.entries(plan.captures).map(
        ([name, {uses, kind}]) =>
          `  ${name.padEnd(18)} ${uses}  ${kind === 'taken' ? 'what it really holds' : 'a sibling made by the same right'}`,
      ),
    ],
    [
      'MUST DIE',
      ...Object.entries(plan.access).map(([name, access]) => `  ${name.padEnd(18)} ${renderAccess(access)}`),
    ],
    [
      'MUST LIVE',
      ...Object.entries(plan.dependents).map(
        ([name, {uses, everyMs, availability}]) =>
          `  ${name.padEnd(18)} ${uses} every ${renderDuration(everyMs)}, ${availability * 100}% available`,
      ),
    ],
    ['SHUTDOWN, in order', ...plan.steps.flatMap(renderStep)],
    [`SETTLE  until everything has been dead for ${renderDuration(plan.settleMs)}`],
    [
      'WHO CHANGED SOMETHING',
      ...Object.entries(plan.audit).map(
        ([system, source]) =>
          `  ${system.padEnd(18)} ${'uses' in source ? source.uses : `not recorded: ${source.blind}`}`,
      ),
    ],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function renderAccess(access: AccessRecord): string {
  const held = access.session === 'held' ? ' over a held session' : '';
  const since = access.after === undefined ? '' : ` of ${access.after}`;
  return `${access.uses}${held}: ${access.expect.join(' or ')} within ${renderDuration(access.deniedWithinMs)}${since}`;
}

function renderStep(step: StepRecord, index: number): readonly string[] {
  const {rollback} = step;
  return [
    `  ${index + 1}. ${signs[step.effect]} ${step.id}  ${step.uses}${step.on === undefined ? '' : ` on ${step.on}`}  ${JSON.stringify(step.with)}`,
    rollback.kind === 'none'
      ? `       rollback: none, ${rollback.why}`
      : `       rollback: + ${rollback.uses}  ${JSON.stringify(rollback.with)}`,
  ];
}
