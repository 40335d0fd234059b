import type {AccessRecord, DependentRecord, PlanRecord, StepRecord} from '../contract/plan-record.ts';
import type {Drill} from '../drill/drill.ts';
import {knownInput} from './known-input.ts';
import type {PlannedAccess, PlannedConnection, PlannedStep, PlanParts} from './plan.ts';

/** The plan as plain data, for the journal, the verdict and people. References to secrets and captures stand as text. */
export function buildRecord(drill: Drill, parts: PlanParts): PlanRecord {
  const {name, title, file, sha256} = drill;
  return {
    drill: {name, title, file, sha256},
    integration: {
      name: drill.integration.name,
      owner: drill.integration.owner,
      environment: drill.integration.environment,
    },
    guard: parts.guard,
    connections: byName(parts.connections, (connection) => ({
      driver: connection.driver.name,
      targets: connection.targets,
      ...(isEmulated(connection) ? {emulated: true} : {}),
    })),
    captures: byName(parts.captures, ({call}) => ({
      uses: call.uses,
      kind: call.operation.kind,
      ...(call.on === undefined ? {} : {on: call.on}),
    })),
    access: byName(parts.access, (access) => accessRecord(access, drill)),
    dependents: byName(parts.dependents, ({name: dependent, call}) =>
      dependentRecord(call.uses, drill.dependents[dependent]),
    ),
    steps: parts.steps.map((step, index) => stepRecord(step, drill.shutdown[index], parts)),
    settleMs: drill.settleMs,
    restoredWithinMs: drill.restoredWithinMs,
    audit: Object.fromEntries(
      Object.entries(drill.audit).map(([system, declared]) => [
        system,
        declared.kind === 'blind' ? {blind: declared.why} : {uses: declared.call.uses, ...ownBySessions(system, parts)},
      ]),
    ),
    scope: scopeOf(parts),
    ...(drill.doubts.length === 0 ? {} : {doubts: drill.doubts}),
  };
}

function ownBySessions(name: string, {audits}: PlanParts): {readonly ownBySessions?: true} {
  const own = audits.find(({system}) => system === name)?.call.operation.ownBySessions === true;
  return own ? {ownBySessions: true} : {};
}

function byName<T extends {readonly name: string}, R>(items: readonly T[], record: (item: T) => R): Record<string, R> {
  return Object.fromEntries(items.map((item) => [item.name, record(item)]));
}

function accessRecord(access: PlannedAccess, drill: Drill): AccessRecord {
  const declared = drill.access[access.name];
  if (declared === undefined) throw new Error(`No access \`${access.name}\` in ${drill.file}`);
  const {uses, on, operation, template} = access.call;
  return {
    uses,
    ...(on === undefined ? {} : {on}),
    session: access.session,
    expect: declared.expect,
    carriesCredential: operation.carriesCredential(knownInput(operation.input, template)),
    budgeted: operation.budget !== undefined,
    judged: access.judged,
    everyMs: access.everyMs,
    timeoutMs: access.timeoutMs,
    deniedWithinMs: declared.deniedWithinMs,
    ...(declared.after === undefined ? {} : {after: declared.after}),
    ...(declared.instance === undefined ? {} : {instance: declared.instance}),
  };
}

function dependentRecord(uses: string, declared: Drill['dependents'][string] | undefined): DependentRecord {
  if (declared === undefined) throw new Error(`No dependent that uses \`${uses}\``);
  const {everyMs, timeoutMs, availability, instance} = declared;
  return {uses, everyMs, timeoutMs, availability, ...(instance === undefined ? {} : {instance})};
}

function isEmulated({driver, connection, template}: PlannedConnection): boolean {
  return driver.emulates?.(knownInput(connection.input, template)) === true;
}

function stepRecord(
  step: PlannedStep,
  declared: Drill['shutdown'][number] | undefined,
  {connections}: PlanParts,
): StepRecord {
  if (declared === undefined) throw new Error(`No step \`${step.id}\``);
  const {call, check, rollback, withinMs} = step;
  const inspects = call.operation.inspect !== undefined;
  const unenforced = call.operation.unenforced?.(knownInput(call.operation.input, call.template));
  const onEmulator = connections.some((connection) => connection.name === call.on && isEmulated(connection));
  return {
    id: step.id,
    uses: call.uses,
    ...(call.on === undefined ? {} : {on: call.on}),
    effect: call.operation.effect,
    targets: call.targets,
    with: call.template,
    withinMs,
    readBack: inspects && check !== undefined ? 'both' : inspects ? 'inspect' : 'check',
    restarts: declared.restarts,
    ...(unenforced !== undefined && onEmulator ? {unenforced} : {}),
    ...(call.operation.asksPerson === true ? {asksPerson: true} : {}),
    rollback:
      rollback.kind === 'none'
        ? {kind: 'none', why: rollback.why}
        : {
            kind: 'action',
            uses: rollback.call.uses,
            with: rollback.call.template,
            ...(rollback.withinMs === withinMs ? {} : {withinMs: rollback.withinMs}),
            restarts: declared.rollback.kind === 'none' ? [] : declared.rollback.restarts,
            ...(rollback.call.operation.asksPerson === true ? {asksPerson: true} : {}),
          },
  };
}

function scopeOf(parts: PlanParts): Record<string, readonly string[]> {
  const patterns = new Map<string, Set<string>>();
  const rollbacks = parts.steps.flatMap(({rollback}) => (rollback.kind === 'none' ? [] : [rollback.call]));
  for (const call of [...parts.captures.map(({call}) => call), ...parts.steps.map(({call}) => call), ...rollbacks]) {
    if (call.on === undefined) continue;
    const scope = patterns.get(call.on) ?? new Set<string>();
    const input = knownInput(call.operation.input, call.template);
    for (const pattern of call.operation.scope?.(input) ?? ['*']) scope.add(pattern);
    patterns.set(call.on, scope);
  }
  for (const {system, scope} of parts.audits) {
    if (scope.length > 0) patterns.set(system, (patterns.get(system) ?? new Set()).union(new Set(scope)));
  }
  return Object.fromEntries([...patterns].map(([system, scope]) => [system, [...scope].sort()]));
}
