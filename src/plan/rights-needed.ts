import type {NeededRight} from '../contract/driver.ts';
import type {Need} from '../contract/operation.ts';
import {knownInput} from './known-input.ts';
import type {Plan, PlannedCall} from './plan.ts';

type Needing = PlannedCall<{
  readonly input: Parameters<typeof knownInput>[0];
  needs?(input: unknown): readonly Need[];
}>;

/** What every operation of the drill needs on one connection, and which part of the drill that is; not yet merged. */
export function rightsNeeded(plan: Plan, connection: string): readonly NeededRight[] {
  return callsOf(plan)
    .filter(({call}) => call.on === connection)
    .flatMap(({part, call: {operation, template}}) =>
      (operation.needs?.(knownInput(operation.input, template)) ?? []).map((need) => ({...need, neededBy: [part]})),
    );
}

/** Every call of the plan, checks included, and what people call the part of the drill in which it stands. */
export function callsOf(plan: Plan): readonly {readonly part: string; readonly call: Needing}[] {
  return [
    ...plan.captures.map(({name, call}) => ({part: `capture ${name}`, call})),
    ...plan.access.map(({name, call}) => ({part: `access ${name}`, call})),
    ...plan.dependents.map(({name, call}) => ({part: `dependent ${name}`, call})),
    ...plan.steps.flatMap(({id, call, check, rollback}) => [
      {part: `step ${id}`, call},
      ...(check === undefined ? [] : [{part: `check of ${id}`, call: check.call}]),
      ...(rollback.kind === 'none' ? [] : [{part: `rollback of ${id}`, call: rollback.call}]),
      ...(rollback.kind === 'given' && rollback.check !== undefined
        ? [{part: `check of the rollback of ${id}`, call: rollback.check.call}]
        : []),
    ]),
    ...plan.audits.map(({system, call}) => ({part: `audit of ${system}`, call})),
  ];
}
