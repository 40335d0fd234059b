import type * as z from 'zod';
import type {Clock} from './clock.ts';
import type {Observation} from './observation.ts';
import type {Target} from './target.ts';

/** What the connection's credential must be allowed to do, in the system's own words: a path and its capabilities. */
export type Need = {readonly path: string; readonly capabilities: readonly string[]};

/** A need that a credential does not meet. `unknown`: why nobody can tell whether it does, as it goes on after "since". */
export type Lack = Need & {readonly unknown?: string};

/** Where secrets are made known, so that no writer ever shows them. */
export type SecretSink = {add(secret: string, label: string): void};

/** All that an operation is given. */
export type Context<Session = unknown> = {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** What the driver's connection opened; undefined for a driver without connections. */
  readonly connection: Session;
  readonly redactor: SecretSink;
  /** The run's id: what the run opens elsewhere is named `offdrill-<run>`. */
  readonly run: string;
  /** The folder that relative paths start from. */
  readonly base: string;
  /** Journals one call to the outside: its name, how long it took, how it ended. */
  call<T>(name: string, fn: () => Promise<T>): Promise<T>;
  /** Declares something that the run made itself (`token` by accessor, `lease` by id, `session` by pid): never in a `taken` capture, and the run's own in an audit log. */
  own(kind: string, id: string): void;
  owns(kind: string, id: string): boolean;
  /** Has a person do this, and journals who said when that it is done. Throws where nobody can be asked. */
  confirm(instruction: string): Promise<void>;
  /** Journals, and so shows live, that something ends by itself at `until` (milliseconds since the epoch), and is waited for. `what` holds no secret. */
  draining(what: string, until: number): void;
};

/** Where a person does by hand what a run can't. */
export type ByHandPlace = {
  /** The connection's input, as far as it is known. */
  readonly connection: unknown;
  /** From where relative paths start. */
  readonly base: string;
  /** Who the guard expects the server to be, any of them; left out where it expects nobody. */
  readonly expected?: readonly string[];
};

export type Inspection = 'applied' | 'not-applied' | 'partly' | 'unknown';

export type Effect = 'revokes' | 'expires' | 'disables' | 'rotates' | 'ends' | 'issues' | 'runs';

type Operation<Input> = {
  /** One sentence. */
  readonly description: string;
  readonly input: z.ZodType<Input>;
  /** What the connection's credential needs for this. */
  needs?(input: Input): readonly Need[];
  /** What this touches beside its connection, whose targets count in any case. */
  targets?(input: Input): readonly Target[];
};

/** One scripted change. */
export type Action<Input = unknown, State = unknown, Session = unknown> = Operation<Input> & {
  readonly effect: Effect;
  /** What an emulator of the system does not do, as it goes on after "an emulator": then what this takes is unproven there. */
  unenforced?(input: Input): string | undefined;
  /** True where it waits for a person to do something. */
  readonly asksPerson?: true;
  /** Audit paths on which whoever is served today is served no more once this is done, as `auditUsers` of the driver tells them. */
  takes?(input: Input): readonly string[];
  /** Patterns of the audit paths on which a change by somebody else could stand in for this one, as in `isInScope`; all of them, where it does not say. */
  scope?(input: Input): readonly string[];
  /** Reads what is there. Changes nothing, holds no secret; journalled. */
  prepare?(input: Input, ctx: Context<Session>): Promise<State>;
  /** Safe to run twice. */
  execute(input: Input, state: State, ctx: Context<Session>): Promise<void>;
  /**
   * How long its read-back may take where the drill does not say, in milliseconds: more than a moment where a system needs
   * time until all of it knows of a change. What is read back sooner is not waited for.
   * @default 10_000
   */
  readonly within?: number;
  /** Read back from the system itself; left out only where a step must have a `check`. */
  inspect?(input: Input, state: State, ctx: Context<Session>): Promise<Inspection>;
  /** Asked where the time for the read-back is over and it was not found applied: a sentence on what is in the way, and what to do. */
  explain?(input: Input, state: State, ctx: Context<Session>): Promise<string | undefined>;
  /** How a person does the same where the run can't: lines for a shell, which hold no secret. Left out, the input is told instead. */
  byHand?(input: Input, at: ByHandPlace): readonly string[];
  /** Another action on the same connection that issues anew what this one took; never revives it. `state` is undefined while planning. */
  readonly rollback?: {
    readonly uses: string;
    with(input: Input, state: State | undefined): Readonly<Record<string, unknown>>;
  };
};

export type HeldProbe = {observe(signal: AbortSignal): Promise<Observation>; close(): Promise<void>};

/** One way to ask whether something works. */
export type Probe<Input = unknown, Session = unknown> = Operation<Input> & {
  /** Whether this asks with a credential of its own. If so, `unreachable` never counts as removed. */
  carriesCredential(input: Input): boolean;
  /** Asked on its clock only until the first denial: four bad logins in a row lock a role at five. */
  readonly budget?: 'login';
  /** True where a refusal may prove by itself that something alive refused (`Observation.ownControl`): no connection is needed to believe it. */
  readonly provesItself?: boolean;
  /** True where an answer is only a hint (a list may come from a cache): never the only proof of an access. */
  readonly hint?: boolean;
  /** Never throws for what the other side does: that is an observation. */
  observe(input: Input, ctx: Context<Session>): Promise<Observation>;
  /** Opens a session that is asked again and again (`session: held`). */
  hold?(input: Input, ctx: Context<Session>): Promise<HeldProbe>;
};

/** Records something that the integration holds, alive, before shutdown. */
export type Capture<Input = unknown, Output = unknown, Session = unknown> = Operation<Input> & {
  /** `taken`: what the integration really holds. `minted`: a sibling made by the same right. */
  readonly kind: 'taken' | 'minted';
  /** Secret fields are marked by `secretString`. */
  readonly output: z.ZodType<Output>;
  scope?(input: Input): readonly string[];
  take(input: Input, ctx: Context<Session>): Promise<Output>;
  /** How many things are held. A `taken` capture of none proves nothing. */
  count(output: Output): number;
  /** Gives back what a `minted` capture made; safe when it is already gone. */
  release?(output: Output, ctx: Context<Session>): Promise<void>;
};

/** One change, or one hand-out, in a system's own record. */
export type AuditEvent = {
  /** ISO 8601, by that system's clock. */
  readonly time: string;
  readonly operation: string;
  readonly path: string;
  /** Plain or hashed id of the credential that did it. */
  readonly accessor?: string;
  /** A label: anybody may forge it. */
  readonly displayName?: string;
  readonly remoteAddress?: string;
  /** `run`, `integration:…`, `workload:…` as the source could tell by credential; `somebody` otherwise. */
  readonly actor: {readonly kind: 'run' | 'integration' | 'workload' | 'somebody'; readonly name?: string};
  /**
   * `change`; `hand-out`: a read that gave a lease, a token or a wrapping; `login`; `renewal`; `read`: of something that may
   * be a secret; `use`: any other authenticated success that changes nothing; `refused`.
   */
  readonly effect: 'change' | 'hand-out' | 'login' | 'renewal' | 'read' | 'use' | 'refused';
  /** The phase of the run in which it stands in the log. */
  readonly phase: string;
};

/** An identity as the drill declares it, `{vault: {approle: checkout}}` read for one driver. */
export type DeclaredIdentity = {
  readonly role: 'integration' | 'workload';
  readonly spec: Readonly<Record<string, unknown>>;
};

export type AuditReading = {
  readonly events: readonly AuditEvent[];
  /** ISO 8601 time of the run's own last event, when the record is complete up to it. */
  readonly completeTo: string | undefined;
  /** Why it is not complete. */
  readonly gaps: readonly string[];
  /** How many lines or entries were read in the window. */
  readonly entries: number;
  /** What this record can't show by its nature, each as it goes on after the system's name. */
  readonly blind?: readonly string[];
  /** By what it is known who did it, as it goes on after "known by": `the accessor in Vault's audit log`. */
  readonly knownBy: string;
};

/** What the reading of one record is given beside its input. */
export type AuditWindow<Notes = unknown> = {
  readonly notes: Notes;
  /** A record that comes in late is waited for at least so long. */
  readonly waitForMs: number;
  /** Aborted where nobody waits any more: what is there by then is read. */
  readonly hurry: AbortSignal;
  /** Journals, and so shows live, that what is not there yet is waited for, at most until then (milliseconds since the epoch). */
  awaits(until: number): void;
};

/** A system's own record of who did what. */
export type AuditSource<Input = unknown, Notes = unknown, Session = unknown> = Operation<Input> & {
  /** Given where the record comes in later than what it tells of. Its notes are journalled, so that another process can read it when it is there. */
  readonly late?: {readonly notes: z.ZodType<Notes>};
  /** True where the run's own doing is told by its sessions, and no credential of its own is needed for that. */
  readonly ownBySessions?: true;
  /** Proves before anything is changed that the record is readable and grows with the run's own calls. */
  check(input: Input, ctx: Context<Session>): Promise<void>;
  /** Taken while the run's credential still works: what is needed to tell the run's, the integration's and the workloads' entries from others'. Holds no secret. */
  note(input: Input, identities: readonly DeclaredIdentity[], ctx: Context<Session>): Promise<Notes>;
  /** Reads the window: from the entry that made the run's credential to the entry of its own revocation. */
  read(input: Input, window: AuditWindow<Notes>, ctx: Context<Session>): Promise<AuditReading>;
};
