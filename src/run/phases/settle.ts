import {inspectAgain, type PreparedStep} from '../apply-step.ts';
import type {Runtime} from '../runtime.ts';

/** The journal keeps whole milliseconds, by which the verdict measures how long something was dead. */
const journalStepMs = 1;

/**
 * Waits until every access has been dead for `settle`, or until the largest limit and `settle` have passed since
 * shutdown began. Then asks each once more, and each dependent, so that its last word is of the end, and reads every step back: nothing may
 * have been given again.
 */
export async function settle(runtime: Runtime, steps: readonly PreparedStep[], shutdownAt: number): Promise<void> {
  const {plan, probes, clock, interruption} = runtime;
  const {record} = plan;
  const now = clock.now();
  const limits = Object.values(record.access).map(
    ({after, deniedWithinMs}) => (after === undefined ? shutdownAt : now) + deniedWithinMs,
  );
  const deadline = Math.max(now, ...limits) + record.settleMs;
  const samplers = probes.of('access', 1);
  const allDead = (): boolean =>
    samplers.every(
      ({deadSince}) => deadSince !== undefined && clock.now() - deadSince >= record.settleMs + journalStepMs,
    );
  await probes.waitUntil(allDead, clock, deadline, interruption.forward);
  await Promise.all([...samplers, ...probes.of('dependent', 1)].map((sampler) => sampler.ask()));
  await inspectAgain(runtime, steps, 'after-settle', interruption.forward);
}
