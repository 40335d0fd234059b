import {DriverError} from '../../contract/driver-error.ts';
import type {Generation} from '../../journal/entries.ts';
import type {PlannedAccess} from '../../plan/plan.ts';
import {failureOf} from '../context.ts';
import type {Runtime} from '../runtime.ts';
import type {Sampler} from '../sampler.ts';
import {takeCapture} from '../take-capture.ts';
import {untilAborted} from '../until-aborted.ts';
import {loadSecrets} from '../values.ts';
import {inARow, isAllowed} from './baseline.ts';

const pauseMs = 200;

/**
 * Brings generation 2 to light: file secrets are read again and captures taken again, until the integration holds
 * something. Then generation 2 must work, generation 1 must still be dead, and the dependents must be well.
 */
export async function observeRestored(
  runtime: Runtime,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const {plan, probes, clock, interruption} = runtime;
  const {giveUp} = interruption;
  const deadline = clock.now() + plan.record.restoredWithinMs;
  const both = plan.access.filter(({judged}) => judged === 'both');
  const old = probes.of('access', 1).filter(({options}) => both.some(({name}) => name === options.probe));

  await Promise.all(old.filter(({options}) => options.budgeted).map((sampler) => sampler.ask()));
  const again = probes.of('access', 1).filter((sampler) => !old.includes(sampler));
  for (const sampler of again.filter(({options}) => options.budgeted)) sampler.start();
  if ((await readSecretsAgain(runtime, env)) && (await captureAgain(runtime, deadline))) {
    await startGeneration(runtime, 2, both);
  }

  const mustWork = [...probes.of('access', 2), ...again, ...probes.of('dependent', 1)];
  const whole = (): boolean => mustWork.every(isAllowedAgain) && old.every((sampler) => taken(sampler) > 0);
  await probes.waitUntil(whole, clock, deadline, giveUp);
  // Who was started anew since its last sample would not show.
  await probes.askWho(
    runtime,
    [...plan.access, ...plan.dependents].map(({name}) => name),
  );
}

/** Allowed so often in this phase alone: what was seen before rollback says nothing about now. */
function isAllowedAgain(sampler: Sampler): boolean {
  return isAllowed(sampler) && (sampler.counts.get('restored')?.allowed ?? 0) >= inARow;
}

function taken({counts}: Sampler): number {
  const {allowed = 0, denied = 0, unreachable = 0, indeterminate = 0} = counts.get('restored') ?? {};
  return allowed + denied + unreachable + indeterminate;
}

async function readSecretsAgain(runtime: Runtime, env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const {plan, redactor, values} = runtime;
  const secrets = await loadSecrets(plan.secrets, {env, base: plan.base, redactor});
  if (secrets.ok) {
    values.setSecrets(2, secrets.value);
    return true;
  }
  for (const {code, message} of secrets.error) {
    runtime.journal({type: 'trouble', data: {where: 'secrets of generation 2', code, message}});
  }
  return false;
}

async function captureAgain(runtime: Runtime, deadline: number): Promise<boolean> {
  for (const capture of runtime.plan.captures) {
    if (!(await captureUntilHeld(runtime, capture, deadline))) return false;
  }
  return true;
}

/** A server that starts takes a moment to hold something again, or to answer. A refused login is never asked twice, for that could lock the role. */
async function captureUntilHeld(
  runtime: Runtime,
  capture: Runtime['plan']['captures'][number],
  deadline: number,
): Promise<boolean> {
  const {clock, interruption} = runtime;
  const {name, call} = capture;
  const generation: Generation = 2;
  for (;;) {
    try {
      const left = AbortSignal.timeout(Math.max(1, Math.ceil(deadline - clock.now())));
      const limit = AbortSignal.any([interruption.giveUp, left]);
      const count = await untilAborted(limit, () => takeCapture(runtime, capture, generation, limit));
      if (count > 0) return true;
      if (call.operation.kind === 'minted' || clock.now() + pauseMs > deadline) return false;
    } catch (error) {
      const mayPass = error instanceof DriverError && error.retryable && clock.now() + pauseMs <= deadline;
      if (!mayPass) {
        runtime.journal({type: 'capture.failed', data: {capture: name, generation, ...failureOf(error)}});
        return false;
      }
    }
    await clock.sleep(pauseMs, interruption.giveUp);
  }
}

async function startGeneration(
  runtime: Runtime,
  generation: Generation,
  access: readonly PlannedAccess[],
): Promise<void> {
  try {
    await runtime.probes.start(runtime, generation, {access, dependents: []});
  } catch (error) {
    runtime.journal({type: 'trouble', data: {where: `probes of generation ${generation}`, ...failureOf(error)}});
  }
}
