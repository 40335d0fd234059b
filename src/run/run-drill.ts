import type {Phase} from '../journal/entries.ts';
import type {PreparedStep, StartedSteps} from './apply-step.ts';
import {bringBack, closeAudit} from './bring-back.ts';
import {cleanUp, closeRecord} from './close-run.ts';
import {failureOf} from './context.ts';
import {createRuntime, type RunInputs} from './create-runtime.ts';
import {enterPhase} from './enter-phase.ts';
import {guarded} from './guarded.ts';
import {lookAgain} from './look-again.ts';
import {PhaseFailure} from './phase-failure.ts';
import {holdBaseline} from './phases/baseline.ts';
import {captureHoldings} from './phases/capture.ts';
import {guardTargets} from './phases/guard.ts';
import {preflight} from './phases/preflight.ts';
import {settle} from './phases/settle.ts';
import {shutDown} from './phases/shutdown.ts';
import type {Runtime} from './runtime.ts';
import {graceMs, untilAborted} from './until-aborted.ts';

/**
 * One run, from the guard to the scan. Everything that happens is in the journal when this returns; what it means is
 * for the verdict to say. Never throws for what a system outside does.
 */
export async function runDrill(inputs: RunInputs): Promise<void> {
  const runtime = createRuntime(inputs);
  const {interruption} = inputs;
  const watchdog = setTimeout(() => interruption.interrupt('max-duration'), inputs.maxDurationMs);
  try {
    const prepared = await reachBaseline(runtime);
    if (prepared !== undefined && inputs.until === undefined) {
      const started = await removeAndRestore(runtime, prepared, inputs.env);
      clearTimeout(watchdog);
      // One that comes back while records are waited for makes its change after all was brought back.
      tellLingering(runtime, started);
      await closeAudit(runtime);
    }
  } finally {
    clearTimeout(watchdog);
    await cleanUp(runtime);
  }
  await closeRecord(runtime, inputs);
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
    await untilAborted(runtime.interruption.forward, () => lookAgain(runtime), graceMs);
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

/** Phases 6 to 9. From here on, whatever happens, what was started is rolled back. */
async function removeAndRestore(
  runtime: Runtime,
  prepared: readonly PreparedStep[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<StartedSteps> {
  const started: StartedSteps = new Map();
  let shutDownWhole = false;
  const shutdownAt = runtime.clock.now();
  await guarded(runtime, 'shutdown', async () => {
    shutDownWhole = await shutDown(runtime, prepared, started);
  });
  if (shutDownWhole) await guarded(runtime, 'settle', () => settle(runtime, prepared, shutdownAt));
  await bringBack(runtime, [...started.keys()], env, {started});
  return started;
}

function tellLingering(runtime: Runtime, started: StartedSteps): void {
  for (const [{step}, {isGoingOn}] of started) {
    if (!isGoingOn) continue;
    runtime.journal({type: 'step.lingers', data: {step: step.id, uses: step.call.uses, at: runtime.clock.now()}});
  }
}
