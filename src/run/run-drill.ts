import type {Clock} from '../contract/clock.ts';
import type {SecretSink} from '../contract/operation.ts';
import type {EventData, JournalEvent, Phase} from '../journal/entries.ts';
import type {SamplesFile} from '../journal/samples-file.ts';
import type {Plan} from '../plan/plan.ts';
import type {PreparedStep} from './apply-step.ts';
import {failureOf} from './context.ts';
import {enterPhase} from './enter-phase.ts';
import {Owned} from './facilities.ts';
import type {Interruption} from './interruption.ts';
import {PhaseFailure} from './phase-failure.ts';
import {endCredentials, readAudit} from './phases/audit.ts';
import {holdBaseline} from './phases/baseline.ts';
import {captureHoldings} from './phases/capture.ts';
import {guardTargets} from './phases/guard.ts';
import {preflight} from './phases/preflight.ts';
import {observeRestored} from './phases/restored.ts';
import {rollBack} from './phases/roll-back.ts';
import {type SecretFinder, scanRunFolder} from './phases/scan.ts';
import {settle} from './phases/settle.ts';
import {shutDown} from './phases/shutdown.ts';
import {ProbeBoard, type SampleListener} from './probe-board.ts';
import type {Runtime} from './runtime.ts';
import {releaseCaptures} from './take-capture.ts';
import {graceMs, untilAborted, within} from './until-aborted.ts';
import {Values} from './values.ts';

/** Drivers bound their own calls; this holds for what does not end all the same. */
const cleanUpLimitMs = 10_000;

export type RunInputs = {
  readonly run: string;
  readonly plan: Plan;
  readonly folder: string;
  readonly journal: {append(event: JournalEvent): unknown};
  readonly samples: Pick<SamplesFile, 'append' | 'close'>;
  readonly redactor: SecretSink & SecretFinder;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Secrets of generation 1, read already. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly interruption: Interruption;
  readonly maxDurationMs: number;
  readonly until?: 'baseline';
  readonly onSample?: SampleListener;
};

/**
 * One run, from the guard to the scan. Everything that happens is in the journal when this returns; what it means is
 * for the verdict to say. Never throws for what a system outside does.
 */
export async function runDrill(inputs: RunInputs): Promise<void> {
  const runtime = createRuntime(inputs);
  const {interruption} = inputs;
  interruption.onInterrupt((cause, count) =>
    runtime.journal({type: 'interruption', data: {cause, count, at: inputs.clock.now()}}),
  );
  const watchdog = setTimeout(() => interruption.interrupt('max-duration'), inputs.maxDurationMs);
  try {
    const prepared = await reachBaseline(runtime);
    if (prepared !== undefined && inputs.until === undefined) await removeAndRestore(runtime, prepared, inputs.env);
  } finally {
    clearTimeout(watchdog);
    await cleanUp(runtime);
  }
  try {
    runtime.journal({type: 'samples.closed', data: await inputs.samples.close()});
  } catch (error) {
    runtime.journal({type: 'trouble', data: {where: 'samples', ...failureOf(error)}});
  }
  await enterPhase(runtime, 'scan');
  runtime.journal({type: 'scan.finished', data: await scanRunFolder(inputs.folder, inputs.redactor)});
}

function createRuntime(inputs: RunInputs): Runtime {
  const {run, plan, clock, redactor, interruption, maxDurationMs, samples} = inputs;
  const journal = journalOrStop(inputs);
  const values = new Values();
  values.setSecrets(1, inputs.secrets);
  return {
    run,
    plan,
    clock,
    redactor,
    interruption,
    maxDurationMs,
    values,
    owned: new Owned((kind, id) => journal({type: 'owned', data: {kind, id}})),
    sessions: new Map(),
    begun: new Set(),
    probes: new ProbeBoard((sampler, sample) => {
      const {probe, generation} = sampler.options;
      const {sequence, sentAt, receivedAt, state, code} = sample;
      samples.append({probe, generation, sequence, sentAt, durationMs: receivedAt - sentAt, state, code});
      inputs.onSample?.(sampler, sample);
    }),
    taken: [],
    phase: 'guard',
    journal,
  };
}

/**
 * A step whose intent can't be recorded is not done. Anything else that can't be recorded stops what goes forward, and
 * the rollback goes on unrecorded: what is missing in the journal is never counted as done, and
 * that something is missing is said as soon as it takes entries again.
 */
function journalOrStop({journal, interruption}: RunInputs): (event: JournalEvent) => void {
  let lost: EventData<'trouble'> | undefined;
  return (event) => {
    try {
      if (lost !== undefined) journal.append({type: 'trouble', data: lost});
      lost = undefined;
      journal.append(event);
    } catch (error) {
      lost ??= {where: 'journal', ...failureOf(error)};
      if (event.type === 'step.started') throw error;
      if (interruption.cause === undefined) interruption.interrupt('journal');
    }
  };
}

/** Phases 2 to 5. Undefined where one did not hold: nothing was changed then. */
async function reachBaseline(runtime: Runtime): Promise<readonly PreparedStep[] | undefined> {
  const phases = [
    ['guard', guardTargets],
    ['preflight', preflight],
    ['capture', captureHoldings],
  ] as const satisfies readonly (readonly [Phase, (runtime: Runtime) => Promise<void>])[];
  try {
    for (const [phase, hold] of phases) {
      await enterPhase(runtime, phase);
      runtime.interruption.forward.throwIfAborted();
      await untilAborted(runtime.interruption.forward, () => hold(runtime), graceMs);
    }
    await enterPhase(runtime, 'baseline');
    const prepared = await untilAborted(runtime.interruption.forward, () => holdBaseline(runtime), graceMs);
    runtime.interruption.forward.throwIfAborted();
    runtime.journal({type: 'baseline.held', data: {samplers: runtime.probes.samplers.length}});
    return prepared;
  } catch (error) {
    const failure = error instanceof PhaseFailure ? error : undefined;
    const interrupted = runtime.interruption.cause !== undefined;
    const problems = failure?.problems ?? [
      interrupted
        ? {code: 'interrupted', message: 'The run was interrupted before anything was changed.'}
        : failureOf(error),
    ];
    const data = {phase: runtime.phase, refused: failure?.refused ?? false, problems};
    runtime.journal({type: 'phase.failed', data});
    return undefined;
  }
}

/** Phases 6 to 10. From here on, whatever happens, what was started is rolled back. */
async function removeAndRestore(
  runtime: Runtime,
  prepared: readonly PreparedStep[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const {giveUp} = runtime.interruption;
  const started: PreparedStep[] = [];
  const guarded = async (phase: Phase, act: () => Promise<unknown>): Promise<void> => {
    try {
      await enterPhase(runtime, phase);
      await act();
    } catch (error) {
      runtime.journal({type: 'trouble', data: {where: phase, ...failureOf(error)}});
    }
  };

  let shutDownWhole = false;
  const shutdownAt = runtime.clock.now();
  await guarded('shutdown', async () => {
    shutDownWhole = await shutDown(runtime, prepared, started);
  });
  if (shutDownWhole) await guarded('settle', () => settle(runtime, prepared, shutdownAt));
  await guarded('rollback', () => rollBack(runtime, started));
  await guarded('restored', () => untilAborted(giveUp, () => observeRestored(runtime, env), graceMs));
  await guarded('audit', async () => {
    await runtime.probes.stop(runtime.journal);
    await untilAborted(giveUp, () => readAudit(runtime), graceMs);
  });
}

/** Ends whatever is still open: probes, what captures made, the run's own credentials, connections. What does not end in time is said, and left. */
async function cleanUp(runtime: Runtime): Promise<void> {
  const endings: readonly (readonly [where: string, end: () => Promise<void>])[] = [
    ['clean-up', () => runtime.probes.stop(runtime.journal)],
    ['clean-up', () => releaseCaptures(runtime)],
    ['clean-up', () => endCredentials(runtime)],
    ...[...runtime.sessions].map(([name, session]) => [`close of ${name}`, () => session.close()] as const),
  ];
  for (const [where, end] of endings) {
    try {
      await within(cleanUpLimitMs, end);
    } catch (error) {
      runtime.journal({type: 'trouble', data: {where, ...failureOf(error)}});
    }
  }
  runtime.sessions.clear();
}
