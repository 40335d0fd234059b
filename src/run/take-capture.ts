import type {Capture} from '../contract/operation.ts';
import {visitSecrets, withoutSecrets} from '../contract/secret.ts';
import type {Generation} from '../journal/entries.ts';
import type {PlannedCall} from '../plan/plan.ts';
import {createContext, failureOf} from './context.ts';
import type {Runtime} from './runtime.ts';

/** Takes one capture and keeps it, in memory only. What is journalled holds no secret. Returns how much is held. */
export async function takeCapture(
  runtime: Runtime,
  capture: {readonly name: string; readonly call: PlannedCall<Capture>},
  generation: Generation,
  signal: AbortSignal,
): Promise<number> {
  const {name, call} = capture;
  const {operation} = call;
  const input = runtime.values.input(call, generation);
  const output = await operation.take(input, createContext(runtime, call, signal));
  visitSecrets(operation.output, output, (secret, label) => runtime.redactor.add(secret, label));
  runtime.values.setCapture(generation, name, output);
  runtime.taken.push({capture: name, generation});
  const count = operation.count(output);
  runtime.journal({
    type: 'capture.taken',
    data: {capture: name, generation, count, facts: withoutSecrets(operation.output, output)},
  });
  return count;
}

/** Gives back what captures made, last first. What can't be given back is said, and the rest goes on. */
export async function releaseCaptures(runtime: Runtime): Promise<void> {
  for (const {capture, generation} of runtime.taken.splice(0).reverse()) {
    const call = runtime.plan.captures.find(({name}) => name === capture)?.call;
    if (call?.operation.release === undefined) continue;
    const output = runtime.values.capture(generation, capture);
    try {
      await call.operation.release(output, createContext(runtime, call, runtime.interruption.giveUp));
    } catch (error) {
      runtime.journal({
        type: 'trouble',
        data: {where: `release of capture ${capture}, generation ${generation}`, ...failureOf(error)},
      });
    }
  }
}
