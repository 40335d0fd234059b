import type * as z from 'zod';
import type {Clock} from './clock.ts';
import type {Action, AuditSource, Capture, Need, Probe, SecretSink} from './operation.ts';
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
};

/** What every connection offers to the run; drivers add what their operations need. */
export type Session = {
  /** Asks the server who it is. Throws a DriverError where it cannot say (down, sealed). */
  identify(signal: AbortSignal): Promise<Identity>;
  /** True while the system is alive and serves the run, asked over another connection than the work goes over. */
  control(signal: AbortSignal): Promise<boolean>;
  /** Of these needs, the ones that the connection's credential lacks. */
  missing?(needs: readonly Need[], signal: AbortSignal): Promise<readonly Need[]>;
  /** The server's own time, in milliseconds since the epoch. */
  serverTime?(signal: AbortSignal): Promise<number | undefined>;
  /** Makes the run's own credential (the run token) and works with it from then on. Facts are journalled and hold no secret. */
  begin?(limits: {readonly maxDurationMs: number}, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
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
};

/** How this driver's lines in `guard.allow` read. */
export type GuardKind = {
  /** What stands under the driver's name: a URL, an address, an argv. */
  readonly address: z.ZodType<string | readonly string[]>;
  /** Whether an entry must say who the server must be (`cluster:`). */
  readonly identity: 'required' | 'none';
  covers(entry: GuardEntry, target: Target): boolean;
};

/** One external system: the only place that knows it. */
export type Driver = {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly guard: GuardKind;
  /** How an identity of this system is written in the drill (`{approle: orders-mcp}`); absent where it has none. */
  readonly identity?: z.ZodType<Readonly<Record<string, unknown>>>;
  readonly connection?: Connection;
  readonly actions: Readonly<Record<string, Action>>;
  readonly probes: Readonly<Record<string, Probe>>;
  readonly captures: Readonly<Record<string, Capture>>;
  readonly audits: Readonly<Record<string, AuditSource>>;
};

/** The names of all drivers, and the way to load one; a driver is loaded when a drill uses it. */
export type DriverCatalog = {readonly names: readonly string[]; load(name: string): Promise<Driver | undefined>};
