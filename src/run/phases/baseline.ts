import type {Failure} from '../../journal/entries.ts';
import {type PreparedStep, prepareCall} from '../apply-step.ts';
import {failureOf} from '../context.ts';
import {PhaseFailure} from '../phase-failure.ts';
import type {Runtime} from '../runtime.ts';
import type {Sampler} from '../sampler.ts';

/** So many samples in a row make a state. */
export const inARow = 3;

/**
 * Everything that must die is alive, everything that must live is well, and the integration really holds something:
 * otherwise what follows would prove nothing. Then each step reads what is there, before anything is changed.
 */
export async function holdBaseline(runtime: Runtime): Promise<readonly PreparedStep[]> {
  const {plan, probes, clock, interruption} = runtime;
  const slowestMs = Math.max(0, ...probes.samplers.map(({options}) => options.everyMs + options.timeoutMs));
  const deadline = clock.now() + (inARow + 1) * slowestMs;
  const settled = () => probes.samplers.every(({streak}) => (streak?.samples ?? 0) >= inARow);
  const allowed = () => probes.samplers.every(isAllowed);
  await probes.waitUntil(() => settled() || allowed(), clock, deadline, interruption.forward);

  const problems = [
    ...probes.samplers.filter((sampler) => !isAllowed(sampler)).map(notAllowed),
    ...emptyCaptures(runtime),
  ];
  if (problems.length > 0) throw new PhaseFailure(problems);

  const prepared: PreparedStep[] = [];
  for (const step of plan.steps) {
    try {
      const {input, state} = await prepareCall(
        runtime,
        step.call,
        runtime.values.input(step.call, 1),
        interruption.forward,
      );
      prepared.push({step, input, state});
      runtime.journal({type: 'step.prepared', data: {step: step.id, state: state ?? null}});
    } catch (error) {
      const {code, message} = failureOf(error);
      throw new PhaseFailure([{code, message: `Step \`${step.id}\` could not read what is there: ${message}`}]);
    }
  }
  return prepared;
}

/** Allowed so many times in a row, to the last sample. */
export function isAllowed({streak}: Sampler): boolean {
  return streak?.state === 'allowed' && streak.samples >= inARow;
}

function notAllowed({options, streak}: Sampler): Failure {
  const what = options.role === 'access' ? 'Access' : 'Dependent';
  const seen = streak === undefined ? 'no answer yet' : `\`${streak.state}\` (${streak.last.code})`;
  return {
    code: 'baseline',
    message: `${what} \`${options.probe}\`: expected \`allowed\` ${inARow} times in a row before anything is changed, got ${seen}.`,
  };
}

function emptyCaptures(runtime: Runtime): readonly Failure[] {
  return runtime.plan.captures
    .filter(
      ({name, call}) => call.operation.kind === 'taken' && call.operation.count(runtime.values.capture(1, name)) === 0,
    )
    .map(({name, call}) => ({
      code: 'empty-capture',
      message: `Capture \`${name}\` (\`${call.uses}\`): expected the integration to hold something, got nothing. Is it running, and is this its role or group?`,
    }));
}
