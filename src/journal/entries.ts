import type {ObservationState} from '../contract/observation.ts';
import type {AuditEvent, Inspection} from '../contract/operation.ts';
import type {PlanRecord} from '../contract/plan-record.ts';

export type Phase =
  | 'plan'
  | 'guard'
  | 'preflight'
  | 'capture'
  | 'baseline'
  | 'shutdown'
  | 'settle'
  | 'rollback'
  | 'restored'
  | 'audit'
  | 'scan'
  | 'verdict';

/** Generation 1: as it was before shutdown. Generation 2: after rollback. */
export type Generation = 1 | 2;

export type Failure = {readonly code: string; readonly message: string};

type SampleCounts = Readonly<Record<ObservationState | 'skipped', number>>;

/**
 * How often a probe was asked in one phase. `due` counts the samples that its clock asked for. `longestGapMs` is the longest
 * time from one sample to the next; of an access, only between two that were dead.
 */
export type PhaseCounts = SampleCounts & {readonly due: number; readonly longestGapMs: number};

/** The run's own credential on a connection, by its facts; `left`, where the driver knows it, is what a person does to end it. */
export type BegunConnection = {
  readonly connection: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly left?: string;
};

/** Everything that can happen in a run. The journal holds nothing else, and whatever reads later reads only this. */
export type JournalEvent =
  | {type: 'baseline.held'; data: {samplers: number}}
  | {
      type: 'run.started';
      data: {
        run: string;
        tool: string;
        node: string;
        target: 'real' | 'emulator';
        until?: string;
        /** Present where only rollbacks are run, without the run that did the steps. */
        restores?: true;
        nonce: string;
      };
    }
  /** What the plan was made of beside the drill file, so that it can be made again. */
  | {type: 'run.inputs'; data: RunInputsRecord}
  /** Another process goes on with the run: the one before was cut off, or could not bring everything back. */
  | {type: 'run.resumed'; data: {tool: string; node: string; at: number; torn?: string}}
  /** Records that had come in late were read once more, after the run's end; what follows to the next `run.finished` is of that. */
  | {type: 'run.reconciled'; data: {tool: string; node: string; at: number}}
  /** Why a process that was to go on could not; nothing was changed by it. */
  | {type: 'resume.failed'; data: {refused: boolean; problems: readonly Failure[]}}
  | {type: 'run.planned'; data: PlanRecord}
  | {type: 'phase.started'; data: {phase: Phase}}
  | {type: 'phase.failed'; data: {phase: Phase; refused: boolean; problems: readonly Failure[]}}
  | {
      type: 'guard.identified';
      data: {connection: string; expected: string; found: string; product: string; version: string};
    }
  /** Where a host name of the plan led when the servers were asked who they are. */
  | {type: 'guard.resolved'; data: {host: string; addresses: readonly string[]}}
  | {type: 'preflight.checked'; data: {connection: string; skewMs?: number; needs: number}}
  /** Of so many needs nobody could tell whether the credential meets them, and why. */
  | {type: 'rights.unknown'; data: {connection: string; needs: number; why: readonly string[]}}
  | {type: 'connection.began'; data: BegunConnection}
  | {type: 'connection.ended'; data: {connection: string}}
  /** What earlier processes of the run left there was ended. */
  | {type: 'connection.cleared'; data: {connection: string}}
  | {type: 'call'; data: {operation: string; call: string; ms: number; outcome: 'ok' | string}}
  | {type: 'owned'; data: {kind: string; id: string}}
  | {type: 'capture.taken'; data: {capture: string; generation: Generation; count: number; facts: unknown}}
  | {type: 'capture.failed'; data: {capture: string; generation: Generation} & Failure}
  | {type: 'probe.started'; data: {probe: string; role: ProbeRole; generation: Generation}}
  /** A change of what a probe sees, the first sample included. Times are milliseconds since the epoch. */
  | {type: 'probe.changed'; data: ProbeChange}
  /** Asked once more for which process answers, beside its clock; no `instance` where it did not tell. */
  | {type: 'probe.asked'; data: {probe: string; instance?: string; at: number}}
  | {type: 'probe.instance'; data: {probe: string; from: string; to: string; at: number}}
  | {
      type: 'probe.summary';
      data: {
        probe: string;
        role: ProbeRole;
        generation: Generation;
        phases: Readonly<Partial<Record<Phase, PhaseCounts>>>;
        /** Whether every answer of what works told which process gave it, and one did. */
        instanceSeen?: boolean;
      };
    }
  | {type: 'control.changed'; data: {connection: string; held: boolean; at: number}}
  | {type: 'step.prepared'; data: {step: string; state: unknown}}
  /** Written and synced before the driver is called: one with no outcome after it is in doubt. */
  | {type: 'step.started'; data: {step: string; uses: string; attempt: number; at: number}}
  | {
      type: 'step.inspected';
      data: {
        step: string;
        when: 'read-back' | 'after-shutdown' | 'after-settle' | 'resumed';
        found: Inspection;
        at: number;
        /** When its call had come back; of the read-back alone. */
        calledAt?: number;
      };
    }
  /** Something ends by itself at `until`, and the operation waits for it. */
  | {type: 'draining'; data: {operation: string; what: string; until: number; at: number}}
  | {type: 'step.succeeded'; data: {step: string; at: number}}
  | {type: 'step.failed'; data: {step: string; at: number} & Failure}
  /** When the run came to its end, the step's call had not: a driver that heeds no signal may make the change at any moment. */
  | {type: 'step.lingers'; data: {step: string; uses: string; at: number}}
  | {type: 'rollback.started'; data: {step: string; uses: string; attempt: number; at: number}}
  | {type: 'rollback.inspected'; data: {step: string; found: Inspection; at: number; calledAt?: number}}
  | {type: 'rollback.succeeded'; data: {step: string; at: number}}
  | {type: 'rollback.not-needed'; data: {step: string; why: string}}
  | {type: 'rollback.failed'; data: {step: string; uses: string; at: number; left: string} & Failure}
  /** Of a record that comes in late: what tells the run's own events from others', so that it can be read again. */
  | {type: 'audit.noted'; data: {system: string; notes: unknown}}
  /** What is not there yet is waited for, at most until then. */
  | {type: 'audit.awaited'; data: {system: string; until: number; at: number}}
  | {type: 'audit.read'; data: AuditRead}
  | {type: 'audit.failed'; data: {system: string} & Failure}
  | {type: 'samples.closed'; data: {file: string; sha256: string; samples: number}}
  | {
      type: 'scan.finished';
      data: {files: number; bytes: number; secrets: number; hits: readonly {file: string; label: string}[]};
    }
  /** A person was asked to do this, and said that it is done. */
  | {type: 'manual.confirmed'; data: {operation: string; instruction: string; by: string; tookMs: number; at: number}}
  /** Somebody said that they helped, while the run went on. `at` is when they did, as they say. */
  | {type: 'intervention.declared'; data: {by: string; reason: string; at: number}}
  | {type: 'interruption'; data: {cause: string; count: number; at: number}}
  | {type: 'trouble'; data: {where: string} & Failure}
  | {type: 'run.finished'; data: {verdict: string; exitCode: number; status: string}};

export type RunInputsRecord = {
  /** The folder that relative paths and commands start from. */
  readonly base: string;
  readonly vars: Readonly<Record<string, unknown>>;
  /** Environment variables that the drill refers to, but for those that hold secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly maxDurationMs: number;
};

export type ProbeRole = 'access' | 'dependent';

export type ProbeChange = {
  readonly probe: string;
  readonly role: ProbeRole;
  readonly generation: Generation;
  readonly phase: Phase;
  readonly from?: ObservationState;
  readonly to: ObservationState;
  readonly code: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
  readonly surface?: 'disarmed' | 'unobservable';
  /** When the credential ends by itself. */
  readonly until?: number;
  readonly sentAt: number;
  readonly receivedAt: number;
  /** When the last sample before this one that was allowed was sent. */
  readonly lastAllowedSentAt?: number;
  /** When the sample just before this one was received. */
  readonly previousReceivedAt?: number;
};

type AuditRead = {
  readonly system: string;
  readonly entries: number;
  readonly completeTo?: string;
  readonly gaps: readonly string[];
  /** As `AuditReading.blind`. */
  readonly blind?: readonly string[];
  /** As `AuditReading.knownBy`. */
  readonly knownBy?: string;
  readonly events: readonly AuditEvent[];
};

export type EventType = JournalEvent['type'];
export type EventData<T extends EventType> = Extract<JournalEvent, {type: T}>['data'];

/** One line of the journal. `prev` is the SHA-256 of the exact bytes of the line before, 64 zeros in the first. */
export type Entry = {readonly v: 1; readonly seq: number; readonly time: string; readonly prev: string} & JournalEvent;
