import type {PreparedStep} from './apply-step.ts';
import {bringBack, closeAudit} from './bring-back.ts';
import {cleanUp, closeRecord} from './close-run.ts';
import {createRuntime, type RunInputs} from './create-runtime.ts';
import {reconnect} from './reconnect.ts';

/**
 * The rollback of every step, last first, where it is not there already. What a step's `prepare` read before shutdown is not
 * known: a rollback that needs it fails, and says what is left to do.
 */
export async function restoreStaging(inputs: RunInputs): Promise<void> {
  const runtime = createRuntime(inputs);
  const connecting = await reconnect(runtime);
  try {
    if (connecting !== undefined) {
      const steps = inputs.plan.steps.map(
        (step): PreparedStep => ({step, input: runtime.values.known(step.call, 1), state: undefined, isPartial: true}),
      );
      await bringBack(runtime, steps, inputs.env, {onlyWhereMissing: true});
      await closeAudit(runtime);
    }
  } finally {
    await connecting?.stop();
    await cleanUp(runtime);
  }
  await closeRecord(runtime, inputs);
}
