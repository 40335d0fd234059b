import type {Clock} from '../contract/clock.ts';
import {knownInput} from '../plan/known-input.ts';
import type {Plan, PlannedAudit} from '../plan/plan.ts';
import type {UsersOf} from '../report/render-users.ts';

/**
 * Looks for dependents that nobody declared: whoever was lately served by what the drill takes away, and is neither the
 * integration nor a workload. Reads the records that the drill names; asks no server, and touches nothing.
 */
export async function findUsers(
  plan: Plan,
  asked: {readonly since: number; readonly clock: Clock; readonly signal: AbortSignal},
): Promise<readonly UsersOf[]> {
  const found: UsersOf[] = [];
  for (const [system, takes] of takenFrom(plan)) {
    const audit = plan.audits.find((planned) => planned.system === system);
    found.push(await findOn(system, {takes, audit, plan, ...asked}));
  }
  return found;
}

/** By system, what its steps take; systems of which nothing can be said are left out. */
function takenFrom({steps}: Plan): ReadonlyMap<string, readonly string[]> {
  const taken = new Map<string, readonly string[]>();
  for (const {call} of steps) {
    const takes = call.operation.takes?.(knownInput(call.operation.input, call.template)) ?? [];
    if (call.on === undefined || takes.length === 0) continue;
    taken.set(call.on, [...new Set([...(taken.get(call.on) ?? []), ...takes])]);
  }
  return taken;
}

async function findOn(
  system: string,
  {
    takes,
    audit,
    plan,
    ...asked
  }: {
    readonly takes: readonly string[];
    readonly audit: PlannedAudit | undefined;
    readonly plan: Plan;
    readonly since: number;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<UsersOf> {
  if (audit === undefined) return {system, takes, uses: [], unknown: 'the drill names no record of it'};
  const {uses, driver, operation, template} = audit.call;
  const find = plan.drivers.get(driver)?.auditUsers?.[uses.split('/')[1] ?? ''];
  if (find === undefined) return {system, takes, uses: [], unknown: `\`${uses}\` can't be read back in time`};
  const input = knownInput(operation.input, template);
  const {identities} = audit;
  return {system, takes, ...(await find(input, {paths: takes, identities, base: plan.base, ...asked}))};
}
