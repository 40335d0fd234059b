import {DriverError} from '../contract/driver-error.ts';
import type {Action, Inspection} from '../contract/operation.ts';
import type {PlannedCall, PlannedCheck} from '../plan/plan.ts';
import {createContext, failureOf} from './context.ts';
import type {Runtime} from './runtime.ts';
import {graceMs, untilAborted, within} from './until-aborted.ts';

/**
 * Asks the system itself whether the change is there, by the action's `inspect` and the step's `check`, until both say
 * so or `withinMs` is over. With `until: 'known'` the first answer counts, whatever it is.
 */
export async function readBack(
  runtime: Runtime,
  change: {
    readonly call: PlannedCall<Action>;
    readonly input: unknown;
    readonly state: unknown;
    readonly check: PlannedCheck | undefined;
    readonly withinMs: number;
    readonly until?: 'known';
  },
  signal: AbortSignal,
): Promise<Inspection> {
  const {clock} = runtime;
  const began = clock.now();
  const deadline = began + change.withinMs;
  for (let pauseMs = 25; ; pauseMs = Math.min(pauseAfter(clock.now() - began), pauseMs * 2)) {
    const found = await inspectWithin(runtime, change, deadline, signal);
    if (found === 'applied' || clock.now() + pauseMs > deadline) return found;
    if (found !== 'unknown' && change.until === 'known') return found;
    await clock.sleep(pauseMs, signal);
  }
}

/** Ever longer, but never by more than a fiftieth of what it took already: a system that takes minutes is not asked 300 times in each. */
export function pauseAfter(waitedMs: number): number {
  return Math.max(200, waitedMs / 50);
}

/** What a failure says of a change that was not read back: what was found, and the action's own word on why. Without that, it fails all the same. */
export async function tellUnread(
  runtime: Runtime,
  what: string,
  change: Parameters<typeof readBack>[1] & {readonly found: Inspection},
  signal: AbortSignal,
): Promise<string> {
  const {call, input, state, withinMs, found} = change;
  const told = `Expected the ${what} to be read back within ${withinMs} ms, found it ${found}.`;
  const explain = call.operation.explain?.bind(call.operation);
  // One that did not answer before does not now.
  if (explain === undefined || found === 'unknown') return told;
  try {
    const ask = () => explain(input, state, createContext(runtime, call, signal));
    const why = await untilAborted(signal, () => within(graceMs, ask));
    return why === undefined ? told : `${told} ${why}`;
  } catch (error) {
    if (!signal.aborted) runtime.journal({type: 'trouble', data: {where: `explain ${call.uses}`, ...failureOf(error)}});
    return told;
  }
}

/** A system that does not answer in time says nothing about the change. */
async function inspectWithin(
  runtime: Runtime,
  change: Parameters<typeof readBack>[1],
  deadline: number,
  signal: AbortSignal,
): Promise<Inspection> {
  const limit = new AbortController();
  const onTime = (): void => limit.abort(new DOMException('The time limit has passed.', 'TimeoutError'));
  const onAbort = (): void => limit.abort(signal.reason);
  const timer = setTimeout(onTime, Math.max(1, Math.ceil(deadline - runtime.clock.now())));
  // A listener that is taken off again costs a tenth of a signal made of others, which waits to be collected.
  signal.addEventListener('abort', onAbort, {once: true});
  if (signal.aborted) onAbort();
  try {
    return await untilAborted(limit.signal, () => inspectOnce(runtime, change, limit.signal));
  } catch (error) {
    if (limit.signal.aborted && !signal.aborted) return 'unknown';
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

async function inspectOnce(
  runtime: Runtime,
  change: Parameters<typeof readBack>[1],
  signal: AbortSignal,
): Promise<Inspection> {
  const {call, check} = change;
  const inspect = call.operation.inspect?.bind(call.operation);
  const inspected =
    inspect === undefined
      ? undefined
      : await orUnknown(() => inspect(change.input, change.state, createContext(runtime, call, signal)));
  if (inspected !== undefined && inspected !== 'applied') return inspected;
  if (check === undefined) return inspected ?? 'unknown';
  return checkOnce(runtime, check, signal);
}

async function checkOnce(runtime: Runtime, check: PlannedCheck, signal: AbortSignal): Promise<Inspection> {
  const {operation} = check.call;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(check.timeoutMs)]);
  const input = runtime.values.input(check.call, 1);
  return orUnknown(async () => {
    const {state} = await operation.observe(input, createContext(runtime, check.call, limit));
    if (check.expect.includes(state)) return 'applied';
    return state === 'indeterminate' ? 'unknown' : 'not-applied';
  });
}

/** A system that can't be asked just now says nothing about the change; a refusal that asking again won't mend is an error. */
async function orUnknown(ask: () => Promise<Inspection>): Promise<Inspection> {
  try {
    return await ask();
  } catch (error) {
    const passing =
      error instanceof DriverError && (error.retryable || error.code === 'timeout' || error.code === 'unreachable');
    if (passing) return 'unknown';
    throw error;
  }
}
