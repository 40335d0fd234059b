import type {Inspection} from '../contract/operation.ts';
import type {PreparedStep} from './apply-step.ts';
import {failureOf} from './context.ts';
import {pauseAfter, readBack} from './read-back.ts';
import type {Runtime} from './runtime.ts';

/**
 * Whether a step took of which nobody knows, since it was cut off or failed. What the system had in hand by then may take
 * until the step's own time limit, so that only then its absence is believed. Only the system's own word counts: where a
 * step is read back by a check alone, something else of it may have been done.
 */
export async function settleDoubt(
  runtime: Runtime,
  {step, state}: PreparedStep,
  startedAt: number,
): Promise<Inspection> {
  const {clock, interruption} = runtime;
  const {call, check, withinMs} = step;
  if (call.operation.inspect === undefined) return 'unknown';
  const began = clock.now();
  const believedAt = Math.min(startedAt, began) + withinMs;
  for (;;) {
    try {
      const input = runtime.values.input(call, 1);
      const found = await readBack(runtime, {call, input, state, check, withinMs, until: 'known'}, interruption.giveUp);
      if (found !== 'not-applied' || clock.now() >= believedAt) return found;
      const pauseMs = Math.min(pauseAfter(clock.now() - began), believedAt - clock.now());
      await clock.sleep(Math.max(1, pauseMs), interruption.giveUp);
    } catch (error) {
      runtime.journal({type: 'trouble', data: {where: `inspect ${step.id}`, ...failureOf(error)}});
      return 'unknown';
    }
  }
}
