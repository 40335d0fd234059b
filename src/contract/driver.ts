import type * as z from 'zod';
import type {Clock} from './clock.ts';
import type {
  Action,
  AuditSource,
  ByHandPlace,
  Capture,
  Context,
  DeclaredIdentity,
  Lack,
  Need,
  Probe,
  SecretSink,
} from './operation.ts';
import type {GuardEntry, Identity, Target} from './target.ts';

export type OpenContext = {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly redactor: SecretSink;
  readonly run: string;
  readonly base: string;
  /** As `Context.own`. */
  own(kind: string, id: string): void;
  owns(kind: string, id: string): boolean;
  /** Ids that the run declared as its own, of one kind. */
  owned(kind: string): readonly string[];
  /** Those of them that earlier processes of the run declared: none where no other process goes on with it. */
  ownedEarlier(kind: string): readonly string[];
};

export type Begin = {
  readonly maxDurationMs: number;
  /** Given where another process goes on with the run: the facts of all earlier credentials, first one first, as far as they were journalled. */
  readonly earlier?: readonly Readonly<Record<string, string>>[];
  /** Where another run holds a lock on the integration, it is taken away: who held it is gone for good. */
  readonly takesOver?: boolean;
};

/** What every connection offers to the run; drivers add what their operations need. */
export type Session = {
  /** Asks the server who it is. Throws a DriverError where it cannot say (down, sealed). */
  identify(signal: AbortSignal): Promise<Identity>;
  /** True while the system is alive and serves the run, asked over another connection than the work goes over. */
  control(signal: AbortSignal): Promise<boolean>;
  /**
   * Of these needs, what the credential that the run will work with lacks, and of what nobody can tell whether it lacks it: that
   * is asked once more when the run's own credential is there. Of one need, each may be a part.
   */
  missing?(needs: readonly Need[], signal: AbortSignal): Promise<readonly Lack[]>;
  /** The server's own time, in milliseconds since the epoch. */
  serverTime?(signal: AbortSignal): Promise<number | undefined>;
  /**
   * Makes the run's own credential (the run token) and works with it from then on. Facts are journalled and hold no secret.
   * Throws a conflict with the detail `locked` where another run works on the same integration.
   */
  begin?(begin: Begin, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** Ends what an earlier process of the run left alive: its credential, and tokens and the like that it declared as its own. Safe to call twice. */
  endEarlier?(signal: AbortSignal): Promise<void>;
  /** Leaves a mark of the phase in the system's own record, so that no clock is trusted. */
  mark?(phase: string, signal: AbortSignal): Promise<void>;
  /** Ends the run's own credential, as the last event of the run. Safe to call twice. */
  end?(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export type Connection<Input = unknown, S extends Session = Session> = {
  readonly description: string;
  readonly input: z.ZodType<Input>;
  targets(input: Input): readonly Target[];
  /** Opens without changing anything, and without asking for an answer: `identify` is the first call. */
  open(input: Input, ctx: OpenContext): Promise<S>;
  /**
   * Lines for a POSIX shell by which a person ends what `Session.begin` made, known by its facts. Holds no secret.
   */
  endByHand?(facts: Readonly<Record<string, string>>, at: ByHandPlace): readonly string[];
};

/** How this driver's lines in `guard.allow` read. */
export type GuardKind = {
  /** What stands under the driver's name: a URL, an address, an argv. */
  readonly address: z.ZodType<string | readonly string[]>;
  /** Whether an entry must say who the server must be. */
  readonly identity: 'required' | 'none';
  /** The key under which it says so; `cluster` where left out. */
  readonly identityKey?: 'account';
  covers(entry: GuardEntry, target: Target): boolean;
  /**
   * The host in a target's address, which must go on leading to the same place during a run. Left out where there is none,
   * or where a name leads elsewhere from one moment to the next by design.
   */
  host?(address: Target['address']): string | undefined;
};

/** What a credential needs, and who in the drill needs it. */
export type NeededRight = Need & {
  /** As people read it: `step revoke-leases`, `capture holdings`. */
  readonly neededBy: readonly string[];
  /** Where a run can do without: what is lost then. */
  readonly without?: string;
};

/** How a system is told what a credential may do. */
export type PolicyLanguage = {
  /** Before a remark; left out where the language has none. */
  readonly comment?: string;
  /** These, and what the connection itself needs beside them, each path once. What is known only at run time is a pattern, as narrow as can be. `input` is the connection's, as far as it is known. */
  complete(needs: readonly NeededRight[], input: unknown): readonly NeededRight[];
  /** The statements that give these rights and no more, as an administrator would write them. */
  render(needs: readonly NeededRight[], input: unknown): string;
};

/** What was found out about something without touching it, and what to do. Holds no secret. */
export type Look = {readonly state: 'ok' | 'warn' | 'fail'; readonly message: string};

/** Given the audit source's own input. Its session has not begun: it works with the operator's credential. */
type AuditLook<Input = unknown, S = unknown> = {look(input: Input, ctx: Context<S>): Promise<Look>}['look'];

/** Somebody who was served, as a record labels them: it helps to find who that is, and proves nothing. */
export type AuditUse = {
  readonly path: string;
  readonly who: string;
  /** Whether the drill declares them, as the integration or a workload. */
  readonly isDeclared: boolean;
  readonly addresses: readonly string[];
  readonly times: number;
  /** ISO 8601, by that system's clock. */
  readonly lastAt: string;
};

type AuditUsers<Input = unknown> = {
  find(
    input: Input,
    asked: {
      /** As `Action.takes` names them; a pattern as in `isInScope`. */
      readonly paths: readonly string[];
      /** In milliseconds since the epoch. */
      readonly since: number;
      readonly identities: readonly DeclaredIdentity[];
      readonly base: string;
      readonly clock: Clock;
      readonly signal: AbortSignal;
    },
    /** `from`: when the record begins, where it does not go back so far. `unknown`: why nothing is known, or not all. */
  ): Promise<{readonly uses: readonly AuditUse[]; readonly from?: string; readonly unknown?: string}>;
}['find'];

/** A variable of the environment that leads elsewhere than the plan. Holds no secret: of what could be one, only that it differs. */
export type StrayVariable = {
  readonly name: string;
  /** As it goes on after "Expected `NAME` to": `lead to http://127.0.0.1:8200`. */
  readonly expected: string;
  readonly found: string;
};

/** What a plan works on with one driver: all that it may touch, and the inputs of the connections as far as they are known. */
export type PlannedPlaces = {readonly targets: readonly Target[]; readonly connections: readonly unknown[]};

/** One external system: the only place that knows it. */
export type Driver = {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly guard: GuardKind;
  /** How an identity of this system is written in the drill (`{approle: orders-mcp}`); absent where it has none. */
  readonly identity?: z.ZodType<Readonly<Record<string, unknown>>>;
  readonly connection?: Connection;
  /** Whether what answers there stands in for the real system, and may not enforce what it is told. Given the connection's input, as far as it is known. */
  readonly emulates?: (input: unknown) => boolean;
  readonly actions: Readonly<Record<string, Action>>;
  readonly probes: Readonly<Record<string, Probe>>;
  readonly captures: Readonly<Record<string, Capture>>;
  readonly audits: Readonly<Record<string, AuditSource>>;
  /** For `plan --policy` and `doctor`; absent where the system has no rights to give. */
  readonly policy?: PolicyLanguage;
  /**
   * Those of these variables that would lead a client or a tool of this system elsewhere. No client of a driver's reads them;
   * but whoever has set one does not know what they are about to touch. What the drill itself names is not among them.
   */
  readonly environment?: (
    variables: Readonly<Record<string, string>>,
    places: PlannedPlaces,
  ) => readonly StrayVariable[];
  /** True where a connection has to log in before it can ask anything with its credential: whoever is to leave no trace does not. Given its input. */
  readonly logsIn?: (input: unknown) => boolean;
  /** By the name of an audit source: whether the record is readable and grows, as far as that can be told without a run. Changes nothing. */
  readonly auditLooks?: Readonly<Record<string, AuditLook>>;
  /** By the name of an audit source: who was served on these paths lately. Asks no server; what prints the record is run. */
  readonly auditUsers?: Readonly<Record<string, AuditUsers>>;
};

/** The names of all drivers, and the way to load one; a driver is loaded when a drill uses it. */
export type DriverCatalog = {readonly names: readonly string[]; load(name: string): Promise<Driver | undefined>};
