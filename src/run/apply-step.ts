import type {Action} from '../contract/operation.ts';
import type {PlannedCall, PlannedStep} from '../plan/plan.ts';
import {attempt} from './attempt.ts';
import {createContext, failureOf} from './context.ts';
import {readBack, tellUnread} from './read-back.ts';
import type {Runtime} from './runtime.ts';
import {graceMs, untilAborted} from './until-aborted.ts';

/** A step with what its `prepare` read before anything was changed. */
export type PreparedStep = {
  readonly step: PlannedStep;
  readonly input: unknown;
  readonly state: unknown;
  /** Where references may still stand in `input`: what they meant died with an earlier process. */
  readonly isPartial?: true;
};

/** In the order in which they were started. Each is rolled back, unless the system says that nothing came of it. */
export type StartedSteps = Map<PreparedStep, StepOutcome>;

export type StepOutcome = {
  readonly startedAt: number;
  /** Read back at once. */
  succeeded: boolean;
  /** Its call has not come back: a driver that heeds no signal may make the change at any moment. */
  isGoingOn: boolean;
};

/** Reads what is there, for a step or a rollback. Changes nothing. */
export async function prepareCall(
  runtime: Runtime,
  call: PlannedCall<Action>,
  input: unknown,
  signal: AbortSignal,
): Promise<{input: unknown; state: unknown}> {
  const state = await untilAborted(
    signal,
    async () => call.operation.prepare?.(input, createContext(runtime, call, signal)),
    graceMs,
  );
  return {input, state};
}

/**
 * Does one step: intent on disk, then the change, then read back. True when it was read back. From the intent on, the
 * step stands in `started`: one that could not be announced was not begun, and needs no rollback.
 */
export async function applyStep(
  runtime: Runtime,
  prepared: PreparedStep,
  started: StartedSteps,
  signal: AbortSignal,
): Promise<boolean> {
  const {step, input, state} = prepared;
  const {call} = step;
  const {clock} = runtime;
  const outcome: StepOutcome = {startedAt: clock.now(), succeeded: false, isGoingOn: false};
  try {
    await attempt(signal, async (number) => {
      runtime.journal({type: 'step.started', data: {step: step.id, uses: call.uses, attempt: number, at: clock.now()}});
      started.set(prepared, outcome);
      outcome.isGoingOn = true;
      try {
        await call.operation.execute(input, state, createContext(runtime, call, signal));
      } finally {
        outcome.isGoingOn = false;
      }
    });
    const calledAt = clock.now();
    const {check, withinMs} = step;
    const change = {call, input, state, check, withinMs};
    const found = await readBack(runtime, change, signal);
    const at = clock.now();
    runtime.journal({type: 'step.inspected', data: {step: step.id, when: 'read-back', found, at, calledAt}});
    if (found === 'applied') {
      runtime.journal({type: 'step.succeeded', data: {step: step.id, at: clock.now()}});
      outcome.succeeded = true;
      return true;
    }
    const message = await tellUnread(runtime, 'change', {...change, found}, signal);
    runtime.journal({type: 'step.failed', data: {step: step.id, at: clock.now(), code: found, message}});
  } catch (error) {
    // What was cut short did not fail: whether it took is for the system to say, and rollback counts it as done.
    const failure = signal.aborted ? interrupted : failureOf(error);
    runtime.journal({type: 'step.failed', data: {step: step.id, at: clock.now(), ...failure}});
  }
  return false;
}

const interrupted = {code: 'interrupted', message: 'The run was interrupted during this step.'};

/** Reads each step back once more, as it is now: what was taken may have been given again meanwhile. */
export async function inspectAgain(
  runtime: Runtime,
  steps: readonly PreparedStep[],
  when: 'after-shutdown' | 'after-settle',
  signal: AbortSignal,
): Promise<void> {
  for (const {step, input, state} of steps) {
    const {call, check, withinMs} = step;
    try {
      const found = await readBack(runtime, {call, input, state, check, withinMs, until: 'known'}, signal);
      runtime.journal({type: 'step.inspected', data: {step: step.id, when, found, at: runtime.clock.now()}});
    } catch (error) {
      signal.throwIfAborted();
      runtime.journal({type: 'trouble', data: {where: `inspect ${step.id} ${when}`, ...failureOf(error)}});
      runtime.journal({type: 'step.inspected', data: {step: step.id, when, found: 'unknown', at: runtime.clock.now()}});
    }
  }
}
