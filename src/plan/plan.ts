import type {Connection, Driver} from '../contract/driver.ts';
import type {ObservationState} from '../contract/observation.ts';
import type {Action, AuditSource, Capture, DeclaredIdentity, Probe} from '../contract/operation.ts';
import type {PlanRecord} from '../contract/plan-record.ts';
import type {GuardEntry, Target} from '../contract/target.ts';
import type {SecretSource} from '../drill/drill.ts';

export type {SecretSource};

/** One call of one operation, with everything resolved but secrets and captures. */
export type PlannedCall<Operation> = {
  readonly uses: string;
  readonly driver: string;
  readonly operation: Operation;
  /** The connection it works on, by name. */
  readonly on: string | undefined;
  /** `with`, in which references to secrets and captures still stand. */
  readonly template: Readonly<Record<string, unknown>>;
  /** Everything that it touches: its own targets and its connection's. */
  readonly targets: readonly Target[];
};

export type PlannedCheck = {
  readonly call: PlannedCall<Probe>;
  readonly expect: readonly ObservationState[];
  readonly timeoutMs: number;
};

export type PlannedAccess = {
  readonly name: string;
  readonly call: PlannedCall<Probe>;
  readonly session: 'new' | 'held';
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly judged: 'both' | 'once';
};

export type PlannedDependent = {
  readonly name: string;
  readonly call: PlannedCall<Probe>;
  readonly everyMs: number;
  readonly timeoutMs: number;
};

export type PlannedRollback =
  | {readonly kind: 'none'; readonly why: string}
  /** The operation's own: its `with` is made from the step's input and state. */
  | {
      readonly kind: 'own';
      readonly call: PlannedCall<Action>;
      readonly withinMs: number;
      readonly restarts: readonly string[];
    }
  | {
      readonly kind: 'given';
      readonly call: PlannedCall<Action>;
      readonly withinMs: number;
      readonly check?: PlannedCheck;
      readonly restarts: readonly string[];
    };

export type PlannedStep = {
  readonly id: string;
  readonly call: PlannedCall<Action>;
  readonly withinMs: number;
  readonly check?: PlannedCheck;
  readonly rollback: PlannedRollback;
  /** Probes of what it may start anew. */
  readonly restarts: readonly string[];
};

export type PlannedConnection = {
  readonly name: string;
  readonly driver: Driver;
  readonly connection: Connection;
  readonly template: Readonly<Record<string, unknown>>;
  readonly targets: readonly Target[];
};

export type PlannedAudit = {
  readonly system: string;
  readonly call: PlannedCall<AuditSource>;
  readonly identities: readonly DeclaredIdentity[];
  /** Further patterns of paths on which a change by somebody else counts. */
  readonly scope: readonly string[];
};

/** What a run will do, frozen: nothing of the drill file is looked at afterwards. */
export type Plan = {
  /** The folder that relative paths and commands start from. */
  readonly base: string;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly guard: readonly GuardEntry[];
  /** Those that the drill uses, by name. */
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly connections: readonly PlannedConnection[];
  /** In an order in which each needs only those before it. */
  readonly captures: readonly {readonly name: string; readonly call: PlannedCall<Capture>}[];
  readonly access: readonly PlannedAccess[];
  readonly dependents: readonly PlannedDependent[];
  readonly steps: readonly PlannedStep[];
  readonly audits: readonly PlannedAudit[];
  readonly record: PlanRecord;
};

/** What a plan was made of, so that another process can make it again. */
export type PlanSource = {
  /** The drill file, as it was read. */
  readonly text: string;
  readonly vars: Readonly<Record<string, unknown>>;
  /** Environment variables that the drill refers to by `env.`; those of its secrets are not among them. */
  readonly env: Readonly<Record<string, string>>;
};

/** What the record is made from. */
export type PlanParts = Omit<Plan, 'record'>;
