import type {Driver} from '../contract/driver.ts';
import type {
  Access,
  AuditDeclaration,
  Check,
  Dependent,
  Drill,
  OperationCall,
  Rollback,
  SecretSource,
  Step,
} from './drill.ts';
import {orderCaptures} from './rules/order-captures.ts';
import type {ParsedDrill} from './schema.ts';

type Parsed<Section extends keyof ParsedDrill> =
  ParsedDrill[Section] extends Record<string, infer Value>
    ? Value
    : ParsedDrill[Section] extends readonly (infer Item)[]
      ? Item
      : never;
type ParsedStep = Parsed<'shutdown'>;
type ParsedRollback = NonNullable<ParsedStep['rollback']>;
type ParsedCheck = NonNullable<ParsedStep['check']>;
type ParsedCall = {
  readonly uses: string;
  readonly on?: string | undefined;
  readonly with: Readonly<Record<string, unknown>>;
};

const leastTimeout = 2000;

/** The drill of a file in which no rule found a mistake. */
export function buildDrill(
  parsed: ParsedDrill,
  source: {readonly file: string; readonly sha256: string},
  drivers: ReadonlyMap<string, Driver>,
): Omit<Drill, 'doubts'> {
  const {version, name, title, integration} = parsed;
  const captures = new Map(Object.entries(parsed.capture));
  const identities = (declared: ParsedDrill['workloads']) =>
    declared.map((identity) => buildIdentity(identity, drivers));
  return {
    ...source,
    version,
    name,
    title,
    integration: {...integration, identities: identities(integration.identities)},
    workloads: identities(parsed.workloads),
    guard: parsed.guard.allow.map(buildGuardEntry),
    secrets: mapValues(parsed.secrets, buildSecret),
    connections: mapValues(parsed.connections, ({driver, ...inputs}) => ({driver, with: inputs})),
    capture: Object.fromEntries(
      orderCaptures(captures).order.flatMap((capture) => {
        const call = captures.get(capture);
        return call === undefined ? [] : [[capture, buildCall(call)]];
      }),
    ),
    access: mapValues(parsed.access, buildAccess),
    dependents: mapValues(parsed.dependents, buildDependent),
    shutdown: parsed.shutdown.map((step) => buildStep(step, drivers)),
    settleMs: parsed.settle,
    restoredWithinMs: parsed['restored-within'],
    audit: mapValues(parsed.audit, buildAudit),
  };
}

function buildIdentity(
  identity: Readonly<Record<string, unknown>>,
  drivers: ReadonlyMap<string, Driver>,
): Drill['workloads'][number] {
  const [[kind, spec] = ['', {}]] = Object.entries(identity);
  const schema = drivers.get(kind)?.identity;
  if (schema === undefined) throw new Error(`No identities of \`${kind}\` were loaded`);
  return {kind, spec: schema.parse(spec)};
}

function buildGuardEntry({cluster, account, ...rest}: Readonly<Record<string, unknown>>): Drill['guard'][number] {
  const [[kind, address] = ['', '']] = Object.entries(rest);
  const words = Array.isArray(address) ? address.map(String) : String(address);
  const identity = cluster ?? account;
  return {kind, address: words, ...(typeof identity === 'string' ? {cluster: identity} : {})};
}

function buildSecret({env, file}: Parsed<'secrets'>): SecretSource {
  return env === undefined ? {file: file ?? ''} : {env};
}

function buildCall({uses, on, with: inputs}: ParsedCall, inherited?: string): OperationCall {
  const connection = on ?? inherited;
  return {uses, with: inputs, ...(connection === undefined ? {} : {on: connection})};
}

function buildAccess(access: Parsed<'access'>): Access {
  const {session, expect, every, timeout, after, instance, 'cache-ttl': cacheTtlMs} = access;
  return {
    ...buildCall(access),
    session,
    expect,
    everyMs: every,
    timeoutMs: timeout ?? Math.max(every, leastTimeout),
    deniedWithinMs: access['denied-within'],
    ...(after === undefined ? {} : {after}),
    ...(cacheTtlMs === undefined ? {} : {cacheTtlMs}),
    ...(instance === undefined ? {} : {instance}),
  };
}

function buildDependent(dependent: Parsed<'dependents'>): Dependent {
  const {every, timeout, availability, instance} = dependent;
  return {
    ...buildCall(dependent),
    everyMs: every,
    timeoutMs: timeout ?? Math.max(every, leastTimeout),
    availability,
    ...(instance === undefined ? {} : {instance}),
  };
}

function buildStep(step: ParsedStep, drivers: ReadonlyMap<string, Driver>): Step {
  const inherit = (uses: string, on: string | undefined): string | undefined =>
    drivers.get(uses.split('/')[0] ?? '')?.connection === undefined ? undefined : on;
  const checkOf = (check: ParsedCheck | undefined, on: string | undefined): {check?: Check} =>
    check === undefined
      ? {}
      : {
          check: {
            ...buildCall(check, inherit(check.uses, on)),
            expect: check.expect,
            timeoutMs: check.timeout ?? leastTimeout,
          },
        };
  const rollbackOf = (rollback: ParsedRollback | undefined): Rollback => {
    if (rollback?.none !== undefined) return {kind: 'none', why: rollback.none};
    if (rollback?.uses === undefined) return {kind: 'own', restarts: rollback?.restarts ?? []};
    const {uses, on, restarts, within, check} = rollback;
    const call = buildCall({uses, on, with: rollback.with ?? {}}, inherit(uses, step.on));
    return {kind: 'given', call, ...withinOf(within), restarts, ...checkOf(check, on ?? step.on)};
  };
  const {id, within, restarts} = step;
  return {
    ...buildCall(step),
    id,
    ...withinOf(within),
    ...checkOf(step.check, step.on),
    rollback: rollbackOf(step.rollback),
    restarts,
  };
}

function withinOf(withinMs: number | undefined): {readonly withinMs?: number} {
  return withinMs === undefined ? {} : {withinMs};
}

function buildAudit({blind, uses, on, scope, with: inputs = {}}: Parsed<'audit'>): AuditDeclaration {
  if (blind !== undefined) return {kind: 'blind', why: blind};
  return {kind: 'source', call: buildCall({uses: uses ?? '', on, with: inputs}), scope};
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
