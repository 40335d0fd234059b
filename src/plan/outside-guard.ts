import type {Diagnostic, Locate} from '../contract/diagnostic.ts';
import type {Driver} from '../contract/driver.ts';
import {renderTarget, type Target} from '../contract/target.ts';
import {findReferences} from '../drill/references.ts';
import type {PlanParts} from './plan.ts';

/**
 * Every target of the plan that no entry of the guard covers, at its place in the file. Where variables are not known yet,
 * only what can be told without them.
 */
export function outsideGuard(
  parts: PlanParts,
  drivers: ReadonlyMap<string, Driver>,
  options: {readonly file: string; readonly locate: Locate; readonly varsKnown: boolean},
): readonly Diagnostic[] {
  const {file, locate, varsKnown} = options;
  const covered = (target: Target): boolean =>
    parts.guard.some(
      (entry) => entry.kind === target.kind && drivers.get(entry.kind)?.guard.covers(entry, target) === true,
    );
  const isOpen = ({kind, address}: Target): boolean =>
    !varsKnown &&
    (holdsVariable(address) || parts.guard.some((entry) => entry.kind === kind && holdsVariable(entry.address)));
  return placesOf(parts).flatMap(({path, targets}) =>
    targets
      .filter((target) => !covered(target) && !isOpen(target))
      .map(
        (target): Diagnostic => ({
          severity: 'error',
          code: 'guard-target',
          message: `Expected every target to stand in \`guard.allow\`, got \`${renderTarget(target)}\`. Add it there if this drill may touch it.`,
          file,
          ...locate(path),
          path: path.join('.'),
        }),
      ),
  );
}

function holdsVariable(address: Target['address']): boolean {
  return [address]
    .flat()
    .some((text) => findReferences(text).some(({context}) => context === 'vars' || context === 'env'));
}

function placesOf(parts: PlanParts): readonly {path: readonly (string | number)[]; targets: readonly Target[]}[] {
  const ofSteps = parts.steps.flatMap(({call, check, rollback}, index) => [
    {path: ['shutdown', index], targets: call.targets},
    {path: ['shutdown', index, 'check'], targets: check?.call.targets ?? []},
    {path: ['shutdown', index, 'rollback'], targets: rollback.kind === 'none' ? [] : rollback.call.targets},
    {
      path: ['shutdown', index, 'rollback', 'check'],
      targets: rollback.kind === 'given' ? (rollback.check?.call.targets ?? []) : [],
    },
  ]);
  const places = [
    ...parts.connections.map(({name, targets}) => ({path: ['connections', name], targets})),
    ...parts.captures.map(({name, call}) => ({path: ['capture', name], targets: call.targets})),
    ...parts.access.map(({name, call}) => ({path: ['access', name], targets: call.targets})),
    ...parts.dependents.map(({name, call}) => ({path: ['dependents', name], targets: call.targets})),
    ...ofSteps,
    ...parts.audits.map(({system, call}) => ({path: ['audit', system], targets: call.targets})),
  ];
  const ofConnections = new Set(parts.connections.flatMap(({targets}) => targets));
  return places.map(({path, targets}) => ({
    path,
    targets: path[0] === 'connections' ? targets : targets.filter((target) => !ofConnections.has(target)),
  }));
}
