import {entriesOf, isRecord, itemsOf, type Path} from './path.ts';

export type CallKind = 'action' | 'probe' | 'capture' | 'audit';
type CallRole = 'capture' | 'access' | 'dependent' | 'step' | 'check' | 'rollback' | 'audit';

/** One call of one operation as it stands in the file, which may be half right. */
export type OutlinedCall = {
  readonly kind: CallKind;
  readonly role: CallRole;
  readonly path: Path;
  readonly uses: string | undefined;
  /** As written, or the step's. */
  readonly on: string | undefined;
  readonly inherited: boolean;
  readonly with: Readonly<Record<string, unknown>>;
  /** All keys of the call. */
  readonly raw: Readonly<Record<string, unknown>>;
};

export type OutlinedStep = {
  readonly id: string | undefined;
  readonly path: Path;
  readonly call: OutlinedCall;
  readonly check: OutlinedCall | undefined;
  /** The keys of `rollback`, where there is one. */
  readonly rollback: Readonly<Record<string, unknown>> | undefined;
  readonly rollbackCall: OutlinedCall | undefined;
  readonly rollbackCheck: OutlinedCall | undefined;
};

type OutlinedConnection = {
  readonly driver: string | undefined;
  readonly with: Readonly<Record<string, unknown>>;
};

/** What a file seems to say, read without demanding that it is right, so that every rule can be held against it at once. */
export type Outline = {
  readonly captures: ReadonlyMap<string, OutlinedCall>;
  readonly access: ReadonlyMap<string, OutlinedCall>;
  readonly dependents: ReadonlyMap<string, OutlinedCall>;
  readonly audits: ReadonlyMap<string, OutlinedCall>;
  readonly steps: readonly OutlinedStep[];
  readonly connections: ReadonlyMap<string, OutlinedConnection>;
  readonly secrets: ReadonlySet<string>;
  readonly calls: readonly OutlinedCall[];
};

export function outlineDrill(value: unknown): Outline {
  const root = isRecord(value) ? value : {};
  const section = (name: string, kind: CallKind, role: CallRole): ReadonlyMap<string, OutlinedCall> =>
    new Map(entriesOf(root[name]).map(([key, raw]) => [key, outlineCall(raw, {kind, role, path: [name, key]})]));
  const captures = section('capture', 'capture', 'capture');
  const access = section('access', 'probe', 'access');
  const dependents = section('dependents', 'probe', 'dependent');
  const audits = section('audit', 'audit', 'audit');
  const steps = itemsOf(root.shutdown).map(outlineStep);
  return {
    captures,
    access,
    dependents,
    audits,
    steps,
    connections: new Map(entriesOf(root.connections).map(([name, raw]) => [name, outlineConnection(raw)])),
    secrets: new Set(entriesOf(root.secrets).map(([name]) => name)),
    calls: [
      ...captures.values(),
      ...access.values(),
      ...dependents.values(),
      ...steps.flatMap(({call, check, rollbackCall, rollbackCheck}) =>
        [call, check, rollbackCall, rollbackCheck].filter((one) => one !== undefined),
      ),
      ...[...audits.values()].filter(({raw}) => raw.blind === undefined),
    ],
  };
}

function outlineStep(value: unknown, index: number): OutlinedStep {
  const path = ['shutdown', index];
  const call = outlineCall(value, {kind: 'action', role: 'step', path});
  const {check, rollback} = call.raw;
  const checkOf = (raw: unknown, above: OutlinedCall): OutlinedCall | undefined =>
    isRecord(raw)
      ? outlineCall(raw, {kind: 'probe', role: 'check', path: [...above.path, 'check'], on: above.on})
      : undefined;
  const rollbackPath = [...path, 'rollback'];
  const rollbackCall =
    isRecord(rollback) && rollback.uses !== undefined
      ? outlineCall(rollback, {kind: 'action', role: 'rollback', path: rollbackPath, on: call.on})
      : undefined;
  return {
    id: typeof call.raw.id === 'string' ? call.raw.id : undefined,
    path,
    call,
    check: checkOf(check, call),
    rollback: isRecord(rollback) ? rollback : undefined,
    rollbackCall,
    rollbackCheck: rollbackCall === undefined ? undefined : checkOf(rollbackCall.raw.check, rollbackCall),
  };
}

function outlineCall(
  value: unknown,
  at: Pick<OutlinedCall, 'kind' | 'role' | 'path'> & {readonly on?: string | undefined},
): OutlinedCall {
  const raw = isRecord(value) ? value : {};
  const own = typeof raw.on === 'string' ? raw.on : undefined;
  return {
    kind: at.kind,
    role: at.role,
    path: at.path,
    uses: typeof raw.uses === 'string' ? raw.uses : undefined,
    on: own ?? at.on,
    inherited: own === undefined && at.on !== undefined,
    with: isRecord(raw.with) ? raw.with : {},
    raw,
  };
}

function outlineConnection(value: unknown): OutlinedConnection {
  const {driver, ...inputs} = isRecord(value) ? value : {};
  return {driver: typeof driver === 'string' ? driver : undefined, with: inputs};
}
