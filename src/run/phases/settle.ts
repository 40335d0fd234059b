import {inspectAgain, type PreparedStep} from '../apply-step.ts';
import type {Runtime} from '../runtime.ts';

/**
 * Waits until every access has been dead for `settle`, or until the largest limit and `settle` have passed since
 * shutdown began. Then asks what is asked sparingly, and reads every step back: nothing may have been given again.
 */
export async function settle(runtime: Runtime, steps: readonly PreparedStep[], shutdownAt: number): Promise<void> {
  const {plan, probes, clock, interruption} = runtime;
  const {record} = plan;
  const limits = Object.values(record.access).map(({deniedWithinMs}) => deniedWithinMs);
  const deadline = Math.max(shutdownAt + Math.max(0, ...limits), clock.now()) + record.settleMs;
  const samplers = probes.of('access', 1);
  const allDead = (): boolean =>
    samplers.every(({deadSince}) => deadSince !== undefined && clock.now() - deadSince >= record.settleMs);
  await probes.waitUntil(allDead, clock, deadline, interruption.forward);
  await Promise.all(samplers.filter(({options}) => options.budgeted).map((sampler) => sampler.ask()));
  await inspectAgain(runtime, steps, 'after-settle', interruption.forward);
}
