import type {ObservationState} from './observation.ts';
import type {Effect} from './operation.ts';
import type {GuardEntry, Target} from './target.ts';

/** What will be done and what is promised, as plain data: journalled at the start, so that the verdict needs nothing else. No secret is resolved in it. */
export type PlanRecord = {
  readonly drill: {readonly name: string; readonly title: string; readonly file: string; readonly sha256: string};
  readonly integration: {readonly name: string; readonly owner: string; readonly environment: string};
  readonly guard: readonly GuardEntry[];
  readonly connections: Readonly<
    Record<
      string,
      {
        readonly driver: string;
        readonly targets: readonly Target[];
        /** What answers there stands in for the real system. */
        readonly emulated?: true;
      }
    >
  >;
  readonly captures: Readonly<
    Record<string, {readonly uses: string; readonly kind: 'taken' | 'minted'; readonly on?: string}>
  >;
  readonly access: Readonly<Record<string, AccessRecord>>;
  readonly dependents: Readonly<Record<string, DependentRecord>>;
  readonly steps: readonly StepRecord[];
  readonly settleMs: number;
  readonly restoredWithinMs: number;
  readonly audit: Readonly<
    Record<string, {readonly uses: string; readonly ownBySessions?: true} | {readonly blind: string}>
  >;
  /** By system, the patterns of audit paths on which a change by somebody else counts: see `isInScope`. */
  readonly scope: Readonly<Record<string, readonly string[]>>;
  /** What the drill can't prove as it stands. Absent where there is nothing. */
  readonly doubts?: readonly DoubtRecord[];
};

export type DoubtRecord = {
  readonly code: string;
  readonly message: string;
  readonly criterion: 'access-removed' | 'dependents-unharmed';
};

export type AccessRecord = {
  readonly uses: string;
  readonly on?: string;
  readonly session: 'new' | 'held';
  readonly expect: readonly ObservationState[];
  readonly carriesCredential: boolean;
  readonly budgeted: boolean;
  /** `both`: its credential differs between generations, and the old one must stay dead. `once`: must be allowed again. */
  readonly judged: 'both' | 'once';
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly deniedWithinMs: number;
  readonly after?: string;
  readonly instance?: string;
};

export type DependentRecord = {
  readonly uses: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Between 0 and 1. */
  readonly availability: number;
  readonly instance?: string;
};

export type StepRecord = {
  readonly id: string;
  readonly uses: string;
  readonly on?: string;
  readonly effect: Effect;
  readonly targets: readonly Target[];
  readonly with: unknown;
  readonly withinMs: number;
  readonly readBack: 'inspect' | 'check' | 'both';
  readonly restarts: readonly string[];
  /** What the emulator that it works on does not do, as it goes on after "an emulator". */
  readonly unenforced?: string;
  /** A person is asked to do it. */
  readonly asksPerson?: true;
  readonly rollback:
    | {readonly kind: 'none'; readonly why: string}
    | {
        readonly kind: 'action';
        readonly uses: string;
        readonly with: unknown;
        /** How long its read-back may take, where that is not as long as the step's. */
        readonly withinMs?: number;
        readonly restarts: readonly string[];
        readonly asksPerson?: true;
      };
};
