import type {Diagnostic, Locate} from '../contract/diagnostic.ts';
import type {Driver, DriverCatalog} from '../contract/driver.ts';
import type {Action, AuditSource, Capture, DeclaredIdentity, Probe} from '../contract/operation.ts';
import {schemaAt} from '../contract/secret.ts';
import type {GuardEntry} from '../contract/target.ts';
import type {Check, Drill, OperationCall, Step} from '../drill/drill.ts';
import {referencesIn} from '../drill/references.ts';
import {err, ok, type Result} from '../util/result.ts';
import {buildRecord} from './build-record.ts';
import {knownInput} from './known-input.ts';
import {outsideGuard} from './outside-guard.ts';
import type {
  Plan,
  PlannedAccess,
  PlannedAudit,
  PlannedCall,
  PlannedCheck,
  PlannedConnection,
  PlannedRollback,
  PlannedStep,
} from './plan.ts';
import {lookupIn, resolveTemplate} from './resolve.ts';

export type PlanInputs = {
  /** Undefined where they are not known yet: such a plan is to be looked at, not to be run. */
  readonly vars: Readonly<Record<string, unknown>> | undefined;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
  /** Absolute. */
  readonly base: string;
};

/** Resolves everything but secrets and captures, and holds each target against the guard. Touches nothing. */
export async function buildPlan(
  drill: Drill,
  locate: Locate,
  catalog: DriverCatalog,
  inputs: PlanInputs,
): Promise<Result<Plan, readonly Diagnostic[]>> {
  const drivers = await loadDrivers(drill, catalog);
  const planner = createPlanner(drill, drivers, inputs);
  const connections = planConnections(drill, drivers, planner.resolve);
  const build = planner.callsOn(new Map(connections.map((connection) => [connection.name, connection])));

  const captures = Object.entries(drill.capture).map(([name, call]) => ({name, call: build.capture(call)}));
  const access = Object.entries(drill.access).map(([name, declared]): PlannedAccess => {
    const {session, everyMs, timeoutMs} = declared;
    const call = build.probe(withInstance(declared, planner.driver(declared.uses)));
    return {name, call, session, everyMs, timeoutMs, judged: judgedIn(declared, drill)};
  });
  const dependents = Object.entries(drill.dependents).map(([name, declared]) => {
    const call = build.probe(withInstance(declared, planner.driver(declared.uses)));
    return {name, call, everyMs: declared.everyMs, timeoutMs: declared.timeoutMs};
  });
  const steps = drill.shutdown.map((step) => planStep(step, build));
  const audits = Object.entries(drill.audit).flatMap(([system, declared]): PlannedAudit[] => {
    if (declared.kind === 'blind') return [];
    const call = build.audit(declared.call);
    const scope = declared.scope.map((pattern) => String(planner.resolve(pattern)));
    return [{system, call, identities: identitiesOf(drill, call.driver), scope}];
  });

  const guard = drill.guard.map((entry) => resolveEntry(entry, planner.resolve, drivers));
  const parts = {
    base: inputs.base,
    secrets: drill.secrets,
    guard,
    drivers,
    connections,
    captures,
    access,
    dependents,
    steps,
    audits,
  };
  const varsKnown = inputs.vars !== undefined;
  const problems = outsideGuard(parts, drivers, {file: drill.file, locate, varsKnown});
  return problems.length > 0 ? err(problems) : ok({...parts, record: buildRecord(drill, parts)});
}

async function loadDrivers(drill: Drill, catalog: DriverCatalog): Promise<ReadonlyMap<string, Driver>> {
  const loaded = new Map<string, Driver>();
  for (const name of catalog.names.filter((candidate) => usesDriver(drill, candidate))) {
    const driver = await catalog.load(name);
    if (driver !== undefined) loaded.set(name, driver);
  }
  return loaded;
}

function usesDriver(drill: Drill, name: string): boolean {
  return (
    Object.values(drill.connections).some(({driver}) => driver === name) ||
    drill.guard.some(({kind}) => kind === name) ||
    callsOf(drill).some(({uses}) => uses.startsWith(`${name}/`))
  );
}

function callsOf(drill: Drill): readonly OperationCall[] {
  const ofSteps = drill.shutdown.flatMap((step) => [
    step,
    ...(step.check === undefined ? [] : [step.check]),
    ...(step.rollback.kind === 'given' ? [step.rollback.call] : []),
    ...(step.rollback.kind === 'given' && step.rollback.check !== undefined ? [step.rollback.check] : []),
  ]);
  const ofAudit = Object.values(drill.audit).flatMap((declared) => (declared.kind === 'source' ? [declared.call] : []));
  return [
    ...Object.values(drill.capture),
    ...Object.values(drill.access),
    ...Object.values(drill.dependents),
    ...ofSteps,
    ...ofAudit,
  ];
}

type Resolve = (template: unknown) => unknown;

function createPlanner(drill: Drill, drivers: ReadonlyMap<string, Driver>, inputs: PlanInputs) {
  const lookup = lookupIn({vars: inputs.vars ?? {}, env: inputs.env ?? {}});
  const resolve: Resolve = (template) => resolveTemplate(template, lookup);
  const driver = (uses: string): Driver => {
    const name = uses.split('/')[0] ?? '';
    const found = drivers.get(name);
    if (found === undefined) throw new Error(`${drill.file}: no driver \`${name}\` was loaded`);
    return found;
  };

  const callsOn = (connections: ReadonlyMap<string, PlannedConnection>) => {
    const plan = <Operation extends Action | Probe | Capture | AuditSource>(
      call: OperationCall,
      operations: Readonly<Record<string, Operation>>,
    ): PlannedCall<Operation> => {
      const name = call.uses.split('/')[1] ?? '';
      const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (operation === undefined) throw new Error(`${drill.file}: no operation \`${call.uses}\` was loaded`);
      const template = resolve(call.with) as Readonly<Record<string, unknown>>;
      const input = knownInput(operation.input, template);
      const ofConnection = call.on === undefined ? [] : (connections.get(call.on)?.targets ?? []);
      const targets = [...ofConnection, ...(operation.targets?.(input) ?? [])];
      return {uses: call.uses, driver: driver(call.uses).name, operation, on: call.on, template, targets};
    };
    return {
      action: (call: OperationCall) => plan<Action>(call, driver(call.uses).actions),
      probe: (call: OperationCall) => plan<Probe>(call, driver(call.uses).probes),
      capture: (call: OperationCall) => plan<Capture>(call, driver(call.uses).captures),
      audit: (call: OperationCall) => plan<AuditSource>(call, driver(call.uses).audits),
    };
  };
  return {resolve, driver, callsOn};
}

type CallBuilder = ReturnType<ReturnType<typeof createPlanner>['callsOn']>;

function planConnections(
  drill: Drill,
  drivers: ReadonlyMap<string, Driver>,
  resolve: Resolve,
): readonly PlannedConnection[] {
  return Object.entries(drill.connections).map(([name, declared]) => {
    const driver = drivers.get(declared.driver);
    if (driver?.connection === undefined) throw new Error(`${drill.file}: \`${declared.driver}\` has no connections`);
    const template = resolve(declared.with) as Readonly<Record<string, unknown>>;
    const targets = driver.connection.targets(knownInput(driver.connection.input, template));
    return {name, driver, connection: driver.connection, template, targets};
  });
}

function planStep(step: Step, build: CallBuilder): PlannedStep {
  const call = build.action(step);
  return {
    id: step.id,
    call,
    withinMs: step.withinMs ?? withinOf(call),
    ...(step.check === undefined ? {} : {check: planCheck(step.check, build)}),
    rollback: planRollback(step, call, build),
    restarts: step.restarts,
  };
}

function planCheck(check: Check, build: CallBuilder): PlannedCheck {
  return {call: build.probe(check), expect: check.expect, timeoutMs: check.timeoutMs};
}

function planRollback(step: Step, call: PlannedCall<Action>, build: CallBuilder): PlannedRollback {
  const declared = step.rollback;
  if (declared.kind === 'none') return {kind: 'none', why: declared.why};
  if (declared.kind === 'given') {
    const check = declared.check === undefined ? {} : {check: planCheck(declared.check, build)};
    const given = build.action(declared.call);
    const {withinMs = withinOf(given), restarts} = declared;
    return {kind: 'given', call: given, withinMs, ...check, restarts};
  }
  const own = call.operation.rollback;
  if (own === undefined) throw new Error(`Step \`${step.id}\`: \`${step.uses}\` has no rollback of its own`);
  const input = knownInput(call.operation.input, call.template);
  const made: OperationCall = {
    uses: own.uses,
    ...(step.on === undefined ? {} : {on: step.on}),
    with: own.with(input, undefined),
  };
  const planned = build.action(made);
  const withinMs = step.withinMs ?? withinOf(planned);
  return {kind: 'own', call: planned, withinMs, restarts: declared.restarts};
}

/** How long a read-back may take where the drill does not say. */
function withinOf({operation}: PlannedCall<Action>): number {
  return operation.within ?? 10_000;
}

/** A probe that can tell one process from the next is told where to look (`instance: json.startedAt`). */
function withInstance(declared: OperationCall & {readonly instance?: string}, driver: Driver): OperationCall {
  const probe = driver.probes[declared.uses.split('/')[1] ?? ''];
  if (declared.instance === undefined || probe === undefined) return declared;
  return schemaAt(probe.input, ['instance']) === undefined
    ? declared
    : {...declared, with: {...declared.with, instance: declared.instance}};
}

/** An access whose credential comes from a capture or a file differs between generations. */
function judgedIn(declared: OperationCall, drill: Drill): 'both' | 'once' {
  return referencesIn(declared.with).some(({context, path}) => {
    const source = drill.secrets[path[0] ?? ''];
    return context === 'capture' || (context === 'secrets' && source !== undefined && 'file' in source);
  })
    ? 'both'
    : 'once';
}

function identitiesOf(drill: Drill, kind: string): readonly DeclaredIdentity[] {
  const of = (role: DeclaredIdentity['role'], declared: Drill['workloads']): DeclaredIdentity[] =>
    declared.filter((identity) => identity.kind === kind).map(({spec}) => ({role, spec}));
  return [...of('integration', drill.integration.identities), ...of('workload', drill.workloads)];
}

function resolveEntry(
  entry: Drill['guard'][number],
  resolve: Resolve,
  drivers: ReadonlyMap<string, Driver>,
): GuardEntry {
  const resolved = resolve(entry.address);
  const parsed = drivers.get(entry.kind)?.guard.address.safeParse(resolved);
  const address = parsed?.success === true ? parsed.data : (resolved as GuardEntry['address']);
  return {kind: entry.kind, address, ...(entry.cluster === undefined ? {} : {cluster: entry.cluster})};
}
