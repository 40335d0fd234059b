import {applyStep, inspectAgain, type PreparedStep, type StartedSteps} from '../apply-step.ts';
import type {Runtime} from '../runtime.ts';

/**
 * The steps in order, each read back. After each, every access is asked once more, so that a time of death belongs to a
 * step, and what it may have restarted, so that the next process is known. Stops at the first failure. `started` fills as
 * steps start: whatever happens, these are rolled back.
 */
export async function shutDown(
  runtime: Runtime,
  prepared: readonly PreparedStep[],
  started: StartedSteps,
): Promise<boolean> {
  const {forward} = runtime.interruption;
  for (const step of prepared) {
    if (forward.aborted) return false;
    if (!(await applyStep(runtime, step, started, forward))) return false;
    await askAccess(runtime);
    await runtime.probes.askWho(runtime, step.step.restarts);
  }
  if (forward.aborted) return false;
  await inspectAgain(runtime, prepared, 'after-shutdown', forward);
  return true;
}

/** Asks each access of generation 1; one with a budget is left alone once it was denied. */
async function askAccess(runtime: Runtime): Promise<void> {
  const due = runtime.probes.of('access', 1).filter(({isSpent}) => !isSpent);
  await Promise.all(due.map((sampler) => sampler.ask()));
}
