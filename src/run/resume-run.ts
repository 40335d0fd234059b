import type {PreparedStep} from './apply-step.ts';
import {attempt} from './attempt.ts';
import {bringBack, closeAudit} from './bring-back.ts';
import {cleanUp, closeRecord} from './close-run.ts';
import {createContext, failureOf} from './context.ts';
import {createRuntime, type RunInputs} from './create-runtime.ts';
import {needsBringingBack, type Past} from './past.ts';
import {endEarlier, reconnect} from './reconnect.ts';
import type {Runtime} from './runtime.ts';
import {settleDoubt} from './settle-doubt.ts';

/**
 * Goes on with a run that was cut off, or could not bring everything back: settles what is in doubt, rolls back what is
 * not undone, observes and audits. False where a server is not the one that the guard expects: then nothing was changed.
 */
export async function resumeRun(inputs: RunInputs, past: Past): Promise<boolean> {
  const runtime = createRuntime(inputs, past);
  const connecting = await reconnect(runtime);
  try {
    if (connecting === undefined) return false;
    const identified = [...runtime.sessions];
    const started = await settleDoubts(runtime, past);
    for (const [name, session] of identified) await endEarlier(runtime, name, session);
    if (needsBringingBack(past)) {
      await bringBack(runtime, started, inputs.env, {onlyWhereMissing: true});
      await closeAudit(runtime);
    }
  } finally {
    await connecting?.stop();
    await cleanUp(runtime);
  }
  await closeRecord(runtime, inputs);
  return true;
}

/**
 * The steps to roll back, in the order in which they were started. What is not known to have failed to take counts as
 * done; what took in part and is given anew is finished first, since a rollback takes nothing. Where nothing is given anew,
 * what lives on is left alone: it may be what somebody has repaired meanwhile.
 */
async function settleDoubts(runtime: Runtime, past: Past): Promise<readonly PreparedStep[]> {
  const started: PreparedStep[] = [];
  for (const pending of past.pending) {
    const step = runtime.plan.steps.find(({id}) => id === pending.step);
    if (step === undefined) throw new Error(`The plan has no step \`${pending.step}\`.`);
    const prepared: PreparedStep = {
      step,
      input: runtime.values.known(step.call, 1),
      state: past.states.get(step.id),
      isPartial: true,
    };
    if (!pending.succeeded && !past.restores) {
      const found = await settleDoubt(runtime, prepared, pending.startedAt);
      runtime.journal({
        type: 'step.inspected',
        data: {step: step.id, when: 'resumed', found, at: runtime.clock.now()},
      });
      if (found === 'partly' && pending.inDoubt && step.rollback.kind !== 'none') await finishStep(runtime, prepared);
      if (found === 'not-applied') {
        const why = 'the step had not taken';
        runtime.journal({type: 'rollback.not-needed', data: {step: step.id, why}});
        continue;
      }
    }
    started.push(prepared);
  }
  return started;
}

async function finishStep(runtime: Runtime, {step, state}: PreparedStep): Promise<void> {
  const {call} = step;
  const {giveUp} = runtime.interruption;
  try {
    const input = runtime.values.input(call, 1);
    await attempt(giveUp, () => call.operation.execute(input, state, createContext(runtime, call, giveUp)));
  } catch (error) {
    runtime.journal({type: 'trouble', data: {where: `end of step ${step.id}`, ...failureOf(error)}});
  }
}
