import {failureOf} from '../context.ts';
import {PhaseFailure} from '../phase-failure.ts';
import type {Runtime} from '../runtime.ts';
import {takeCapture} from '../take-capture.ts';

/** Generation 1: what the integration holds now; then held sessions are opened and every probe starts its clock. */
export async function captureHoldings(runtime: Runtime): Promise<void> {
  const {plan, interruption} = runtime;
  for (const capture of plan.captures) {
    try {
      await takeCapture(runtime, capture, 1, interruption.forward);
    } catch (error) {
      const {code, message} = failureOf(error);
      runtime.journal({type: 'capture.failed', data: {capture: capture.name, generation: 1, code, message}});
      throw new PhaseFailure([{code, message: `Capture \`${capture.name}\`: ${message}`}]);
    }
  }
  try {
    await runtime.probes.start(runtime, 1, {access: plan.access, dependents: plan.dependents});
  } catch (error) {
    const {code, message} = failureOf(error);
    throw new PhaseFailure([{code, message: `A held session could not be opened: ${message}`}]);
  }
}
