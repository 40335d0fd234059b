import type {Clock} from '../contract/clock.ts';
import type {SecretSink} from '../contract/operation.ts';
import type {EventData, JournalEvent} from '../journal/entries.ts';
import type {SamplesFile} from '../journal/samples-file.ts';
import type {Plan} from '../plan/plan.ts';
import {failureOf} from './context.ts';
import {type AskPerson, Owned} from './facilities.ts';
import {lookUp} from './hosts.ts';
import type {Interruption} from './interruption.ts';
import type {Past} from './past.ts';
import type {SecretFinder} from './phases/scan.ts';
import {ProbeBoard, type SampleListener} from './probe-board.ts';
import type {Lookup, Runtime} from './runtime.ts';
import {Values} from './values.ts';

export type RunInputs = {
  readonly run: string;
  readonly plan: Plan;
  readonly folder: string;
  /** `lost` is told what happened and could not be written. */
  readonly journal: {append(event: JournalEvent): unknown; lost?(event: JournalEvent): void};
  readonly samples: Pick<SamplesFile, 'append' | 'close'>;
  readonly redactor: SecretSink & SecretFinder;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Secrets of generation 1, read already. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly interruption: Interruption;
  readonly maxDurationMs: number;
  /** A record that comes in late is waited for at least so long; no longer than its source says, by default. */
  readonly waitForAuditMs?: number;
  readonly until?: 'baseline';
  readonly onSample?: SampleListener;
  /** Absent where there is nobody to ask. */
  readonly askPerson?: AskPerson;
  /** Take the place of another run that holds a lock on the integration: it is gone for good. */
  readonly takesOver?: boolean;
  /** How a host name is resolved; as every connection does it, by default. */
  readonly lookup?: Lookup;
};

/** Without samples, where no probe is asked. */
export type RuntimeInputs = Omit<RunInputs, 'folder' | 'env' | 'samples' | 'redactor'> & {
  readonly redactor: SecretSink;
  readonly samples?: Pick<SamplesFile, 'append'>;
};

/** What one process works with, and knows from those before it. Interruptions are journalled from here on. */
export function createRuntime(inputs: RuntimeInputs, past?: Past): Runtime {
  const {clock, interruption} = inputs;
  const journal = journalOrStop(inputs);
  const values = new Values();
  values.setSecrets(1, inputs.secrets);
  for (const [name, facts] of past?.captures ?? []) values.setCapture(1, name, facts);
  const runtime = makeRuntime(inputs, past, {journal, values});
  interruption.onInterrupt((cause, count) => {
    if (runtime.isAwaitingRecord && count === 1) return;
    journal({type: 'interruption', data: {cause, count, at: clock.now()}});
  });
  return runtime;
}

function makeRuntime(
  inputs: RuntimeInputs,
  past: Past | undefined,
  {journal, values}: {readonly journal: Runtime['journal']; readonly values: Values},
): Runtime {
  const {run, plan, clock, redactor, interruption, maxDurationMs, samples} = inputs;
  return {
    run,
    plan,
    clock,
    redactor,
    interruption,
    ...(inputs.askPerson === undefined ? {} : {askPerson: inputs.askPerson}),
    maxDurationMs,
    waitForAuditMs: inputs.waitForAuditMs ?? 0,
    values,
    owned: new Owned((kind, id) => journal({type: 'owned', data: {kind, id}}), past?.owned),
    ...(past === undefined ? {} : {past}),
    sessions: new Map(),
    takesOver: inputs.takesOver ?? false,
    lookup: inputs.lookup ?? lookUp,
    resolved: new Map(past?.resolved),
    begun: new Set(),
    probes: new ProbeBoard((sampler, sample) => {
      const {probe, generation} = sampler.options;
      const {sequence, sentAt, receivedAt, state, code} = sample;
      samples?.append({probe, generation, sequence, sentAt, durationMs: receivedAt - sentAt, state, code});
      inputs.onSample?.(sampler, sample);
    }),
    taken: [],
    phase: 'guard',
    isAwaitingRecord: false,
    journal,
  };
}

/**
 * A step whose intent can't be recorded is not done. Anything else that can't be recorded stops what goes forward, and
 * the rollback goes on unrecorded: what is missing in the journal is never counted as done, and
 * that something is missing is said as soon as it takes entries again.
 */
function journalOrStop({journal, interruption}: RuntimeInputs): (event: JournalEvent) => void {
  let lost: EventData<'trouble'> | undefined;
  return (event) => {
    try {
      if (lost !== undefined) journal.append({type: 'trouble', data: lost});
      lost = undefined;
      journal.append(event);
    } catch (error) {
      lost ??= {where: 'journal', ...failureOf(error)};
      if (event.type === 'step.started') throw error;
      journal.lost?.(event);
      if (interruption.cause === undefined) interruption.interrupt('journal');
    }
  };
}
