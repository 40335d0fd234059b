import type {Action} from '../../contract/operation.ts';
import type {PlannedCall, PlannedCheck} from '../../plan/plan.ts';
import {type PreparedStep, prepareCall} from '../apply-step.ts';
import {attempt} from '../attempt.ts';
import {createContext, failureOf} from '../context.ts';
import {readBack} from '../read-back.ts';
import type {Runtime} from '../runtime.ts';

/** For each step that was started, last first, its rollback, read back. Goes on after a failure. True when all were read back. */
export async function rollBack(runtime: Runtime, started: readonly PreparedStep[]): Promise<boolean> {
  const {giveUp} = runtime.interruption;
  let whole = true;
  for (const prepared of started.toReversed()) {
    const {step} = prepared;
    if (step.rollback.kind === 'none') {
      runtime.journal({type: 'rollback.not-needed', data: {step: step.id, why: step.rollback.why}});
      continue;
    }
    const change =
      step.rollback.kind === 'own'
        ? {call: ownCall(prepared, step.rollback.call), check: undefined, withinMs: step.rollback.withinMs}
        : {call: step.rollback.call, check: step.rollback.check, withinMs: step.rollback.withinMs};
    whole = (await rollBackStep(runtime, step.id, change, giveUp)) && whole;
  }
  return whole;
}

/** The operation's own rollback, with what the step's `prepare` read. */
function ownCall({step, input, state}: PreparedStep, planned: PlannedCall<Action>): PlannedCall<Action> {
  const made = step.call.operation.rollback?.with(input, state);
  return made === undefined ? planned : {...planned, template: made};
}

async function rollBackStep(
  runtime: Runtime,
  step: string,
  change: {readonly call: PlannedCall<Action>; readonly check: PlannedCheck | undefined; readonly withinMs: number},
  signal: AbortSignal,
): Promise<boolean> {
  const {call, check, withinMs} = change;
  const {clock} = runtime;
  try {
    signal.throwIfAborted();
    const {input, state} = await prepareCall(runtime, call, signal);
    await attempt(signal, async (number) => {
      runtime.journal({type: 'rollback.started', data: {step, uses: call.uses, attempt: number, at: clock.now()}});
      await call.operation.execute(input, state, createContext(runtime, call, signal));
    });
    const found = await readBack(runtime, {call, input, state, check, withinMs}, signal);
    runtime.journal({type: 'rollback.inspected', data: {step, found, at: clock.now()}});
    if (found === 'applied') {
      runtime.journal({type: 'rollback.succeeded', data: {step, at: clock.now()}});
      return true;
    }
    const message = `Expected the rollback to be read back within ${withinMs} ms, found it ${found}.`;
    runtime.journal({
      type: 'rollback.failed',
      data: {step, uses: call.uses, at: clock.now(), code: found, message, left: whatIsLeft(call)},
    });
  } catch (error) {
    const failure = failureOf(error);
    runtime.journal({
      type: 'rollback.failed',
      data: {step, uses: call.uses, at: clock.now(), ...failure, left: whatIsLeft(call)},
    });
  }
  return false;
}

/** What a person has to do instead, exactly as it would have been done. */
function whatIsLeft(call: PlannedCall<Action>): string {
  const on = call.on === undefined ? '' : ` on connection \`${call.on}\``;
  return `do what \`${call.uses}\`${on} does, with ${JSON.stringify(call.template)}, and see that it worked`;
}
