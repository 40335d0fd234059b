import type {ObservationState} from '../contract/observation.ts';
import type {DoubtRecord} from '../contract/plan-record.ts';

/** A value of the file in which `${{ … }}` references may still stand. */
type Template = unknown;

/** `uses`, `on` and `with`, as written: one call of one operation. */
export type OperationCall = {
  /** `driver/name`. */
  readonly uses: string;
  /** The connection it works on; absent for drivers without connections. */
  readonly on?: string;
  readonly with: Readonly<Record<string, Template>>;
};

/** A call of a probe, and what to expect of it; stands as `check` of a step. */
export type Check = OperationCall & {readonly expect: readonly ObservationState[]; readonly timeoutMs: number};

export type Access = OperationCall & {
  readonly session: 'new' | 'held';
  readonly expect: readonly ObservationState[];
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly deniedWithinMs: number;
  /** The step from whose start `deniedWithinMs` counts; from the start of shutdown otherwise. */
  readonly after?: string;
  /** For so long what is asked may answer from a cache of what is gone. */
  readonly cacheTtlMs?: number;
  /** Where the answer tells which process of the integration gave it. */
  readonly instance?: string;
};

export type Dependent = OperationCall & {
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Between 0 and 1. */
  readonly availability: number;
  /** Where the answer tells which process gave it: `json.startedAt`, `header.x-instance`. */
  readonly instance?: string;
};

export type Rollback =
  /** Nothing to undo, and why. */
  | {readonly kind: 'none'; readonly why: string}
  /** The operation's own. */
  | {readonly kind: 'own'; readonly restarts: readonly string[]}
  | {
      readonly kind: 'given';
      readonly call: OperationCall;
      /** As `Step.withinMs`. */
      readonly withinMs?: number;
      readonly check?: Check;
      readonly restarts: readonly string[];
    };

export type Step = OperationCall & {
  readonly id: string;
  /** Bounds its read-back, where the drill says so. */
  readonly withinMs?: number;
  readonly check?: Check;
  readonly rollback: Rollback;
  /** Dependents, and accesses with an `instance`, that may be restarted once by this step. */
  readonly restarts: readonly string[];
};

export type SecretSource = {readonly env: string} | {readonly file: string};

export type AuditDeclaration =
  | {readonly kind: 'blind'; readonly why: string}
  /** `scope`: further paths on which a change by somebody else counts. */
  | {readonly kind: 'source'; readonly call: OperationCall; readonly scope: readonly string[]};

/** A drill file that holds no mistake that can be found without touching anything. References are not resolved. */
export type Drill = {
  /** The path as given. */
  readonly file: string;
  /** Of the file's bytes. */
  readonly sha256: string;
  readonly version: 1;
  readonly name: string;
  readonly title: string;
  readonly integration: {
    readonly name: string;
    readonly owner: string;
    readonly environment: string;
    readonly identities: readonly {readonly kind: string; readonly spec: Readonly<Record<string, unknown>>}[];
  };
  readonly workloads: readonly {readonly kind: string; readonly spec: Readonly<Record<string, unknown>>}[];
  readonly guard: readonly {
    readonly kind: string;
    readonly address: string | readonly string[];
    readonly cluster?: string;
  }[];
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly connections: Readonly<
    Record<string, {readonly driver: string; readonly with: Readonly<Record<string, Template>>}>
  >;
  readonly capture: Readonly<Record<string, OperationCall>>;
  readonly access: Readonly<Record<string, Access>>;
  readonly dependents: Readonly<Record<string, Dependent>>;
  readonly shutdown: readonly Step[];
  readonly settleMs: number;
  /** How long `restored` waits for generation 2. */
  readonly restoredWithinMs: number;
  /** By connection name, and `command`. */
  readonly audit: Readonly<Record<string, AuditDeclaration>>;
  /** What it can't prove as it stands. */
  readonly doubts: readonly DoubtRecord[];
};
