import type {Clock} from '../contract/clock.ts';
import {knownInput} from '../plan/known-input.ts';
import type {Plan, PlannedAudit, PlannedStep} from '../plan/plan.ts';
import type {UsersOf, WhoUses} from '../report/render-users.ts';

/**
 * Looks for dependents that nobody declared: whoever was lately served by what the drill takes away, and is neither the
 * integration nor a workload. Reads the records that the drill names, by the commands that print them too; asks no server,
 * and touches nothing.
 */
export async function findUsers(
  plan: Plan,
  asked: {readonly since: number; readonly clock: Clock; readonly signal: AbortSignal},
): Promise<WhoUses> {
  const systems: UsersOf[] = [];
  for (const [system, takes] of takenFrom(plan)) {
    const audit = plan.audits.find((planned) => planned.system === system);
    systems.push(await findOn(system, {takes, audit, plan, ...asked}));
  }
  const notLookedAt = plan.steps
    .filter((step) => takesOf(step).length === 0)
    .map(({id, call}) => ({step: id, uses: call.uses}));
  return {systems, notLookedAt};
}

/** By system, what its steps take. */
function takenFrom({steps}: Plan): ReadonlyMap<string, readonly string[]> {
  const taken = new Map<string, readonly string[]>();
  for (const step of steps) {
    const [on, takes] = [step.call.on, takesOf(step)];
    if (on === undefined || takes.length === 0) continue;
    taken.set(on, [...new Set([...(taken.get(on) ?? []), ...takes])]);
  }
  return taken;
}

/** Empty where no record tells who is served by what the step takes. */
function takesOf({call: {operation, template}}: PlannedStep): readonly string[] {
  return operation.takes?.(knownInput(operation.input, template)) ?? [];
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
