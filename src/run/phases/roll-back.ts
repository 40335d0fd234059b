import {DriverError} from '../../contract/driver-error.ts';
import type {Action} from '../../contract/operation.ts';
import type {PlannedCall, PlannedRollback} from '../../plan/plan.ts';
import {referencesIn} from '../../plan/resolve.ts';
import {type PreparedStep, prepareCall, type StartedSteps, type StepOutcome} from '../apply-step.ts';
import {attempt} from '../attempt.ts';
import {byHand} from '../by-hand.ts';
import {createContext, failureOf} from '../context.ts';
import {readBack, tellUnread} from '../read-back.ts';
import type {Runtime} from '../runtime.ts';
import {settleDoubt} from '../settle-doubt.ts';

const pauseMs = 50;
/** What can't be read back so soon counts as missing: every rollback is safe to run twice. */
const firstLookMs = 1000;

/**
 * For each step that was started, last first, its rollback, read back. Goes on after a failure. `onlyWhereMissing`: what
 * is read back before anything is done is left as it is. `started`: what came of each step, where this process did them.
 */
export async function rollBack(
  runtime: Runtime,
  started: readonly PreparedStep[],
  {
    onlyWhereMissing = false,
    started: outcomes,
  }: {readonly onlyWhereMissing?: boolean; readonly started?: StartedSteps} = {},
): Promise<void> {
  const {giveUp} = runtime.interruption;
  for (const prepared of started.toReversed()) {
    const {step} = prepared;
    if (step.rollback.kind === 'none') {
      runtime.journal({type: 'rollback.not-needed', data: {step: step.id, why: step.rollback.why}});
      continue;
    }
    if (await didNotTake(runtime, prepared, outcomes?.get(prepared))) {
      runtime.journal({type: 'rollback.not-needed', data: {step: step.id, why: 'the step had not taken'}});
      continue;
    }
    await rollBackStep(runtime, prepared, {rollback: step.rollback, onlyWhereMissing}, giveUp);
  }
}

/** A step that failed, and of which the system says that nothing was done: its rollback would issue a second time what is there. */
async function didNotTake(
  runtime: Runtime,
  prepared: PreparedStep,
  outcome: StepOutcome | undefined,
): Promise<boolean> {
  if (outcome === undefined || outcome.succeeded || runtime.interruption.giveUp.aborted) return false;
  const found = await settleDoubt(runtime, prepared, outcome.startedAt);
  return found === 'not-applied' && !outcome.isGoingOn;
}

async function rollBackStep(
  runtime: Runtime,
  prepared: PreparedStep,
  {
    rollback,
    onlyWhereMissing,
  }: {readonly rollback: Exclude<PlannedRollback, {readonly kind: 'none'}>; readonly onlyWhereMissing: boolean},
  signal: AbortSignal,
): Promise<void> {
  const {call, withinMs} = rollback;
  const check = rollback.kind === 'given' ? rollback.check : undefined;
  const step = prepared.step.id;
  const {clock} = runtime;
  let made = call.template;
  try {
    made = rollback.kind === 'own' ? ownWith(prepared, call) : made;
    await untilConnected(runtime, call.on, withinMs, signal);
    const [unknown] = prepared.isPartial && rollback.kind === 'own' ? referencesIn(made) : [];
    if (unknown !== undefined) throw diedWith(unknown.text);
    const whole = rollback.kind === 'own' ? runtime.values.fit(call, made) : runtime.values.input(call, 1);
    const {input, state} = await prepareCall(runtime, call, whole, signal);
    const change = {call, input, state, check, withinMs};
    if (onlyWhereMissing) {
      const look = {...change, withinMs: Math.min(withinMs, firstLookMs), until: 'known'} as const;
      if ((await readBack(runtime, look, signal)) === 'applied') {
        runtime.journal({type: 'rollback.not-needed', data: {step, why: 'everything is there already'}});
        return;
      }
    }
    await attempt(signal, async (number) => {
      runtime.journal({type: 'rollback.started', data: {step, uses: call.uses, attempt: number, at: clock.now()}});
      await call.operation.execute(input, state, createContext(runtime, call, signal));
    });
    const calledAt = clock.now();
    const found = await readBack(runtime, change, signal);
    runtime.journal({type: 'rollback.inspected', data: {step, found, at: clock.now(), calledAt}});
    if (found === 'applied') {
      runtime.journal({type: 'rollback.succeeded', data: {step, at: clock.now()}});
      await untilKnown(runtime, rollback, signal);
      return;
    }
    const message = await tellUnread(runtime, 'rollback', {...change, found}, signal);
    runtime.journal({
      type: 'rollback.failed',
      data: {step, uses: call.uses, at: clock.now(), code: found, message, left: byHand(runtime.plan, call, made)},
    });
  } catch (error) {
    const failure = failureOf(error);
    runtime.journal({
      type: 'rollback.failed',
      data: {step, uses: call.uses, at: clock.now(), ...failure, left: byHand(runtime.plan, call, made)},
    });
  }
}

/**
 * Asked at once, the process that a rollback started is known, and one that comes after it is somebody's. Given up, it is
 * not known; the rollback was done.
 */
async function untilKnown(
  runtime: Runtime,
  {restarts, withinMs}: {readonly restarts: readonly string[]; readonly withinMs: number},
  signal: AbortSignal,
): Promise<void> {
  const {clock, probes} = runtime;
  const deadline = clock.now() + withinMs;
  while (!signal.aborted && !(await probes.askWho(runtime, restarts)) && clock.now() < deadline)
    await clock.sleep(pauseMs, signal).catch(() => undefined);
}

/** Where a server did not answer when the run was resumed, it may by now. That it has not is said by the first call. */
async function untilConnected(
  {sessions, clock}: Runtime,
  connection: string | undefined,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.now() + withinMs;
  while (connection !== undefined && !sessions.has(connection) && clock.now() < deadline) {
    await clock.sleep(pauseMs, signal);
  }
}

function diedWith(reference: string): DriverError {
  return new DriverError(
    `Expected to know \`${reference}\`, and it died with the process that captured it: secrets live in memory only.`,
    {code: 'failed', detail: 'secret-lost'},
  );
}

/** What the operation's own rollback is given: made of what the step was given and of what its `prepare` read. */
function ownWith({step, input, state}: PreparedStep, planned: PlannedCall<Action>): PlannedCall<Action>['template'] {
  return step.call.operation.rollback?.with(input, state) ?? planned.template;
}
