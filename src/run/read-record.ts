import {isInScope} from '../contract/in-scope.ts';
import type {AuditEvent} from '../contract/operation.ts';
import type {JournalEvent} from '../journal/entries.ts';
import type {PlannedAudit} from '../plan/plan.ts';
import {renderDuration} from '../util/duration.ts';
import {createContext, failureOf} from './context.ts';
import type {Runtime} from './runtime.ts';
import {graceMs, untilAborted} from './until-aborted.ts';

/** So many events of one system are kept in the journal; more than that would only say the same. */
const keptEvents = 1000;

/** What one system's own record holds of the run, or why it could not be read. Never throws. */
export async function readRecord(
  runtime: Runtime,
  {system, call}: PlannedAudit,
  notes: unknown,
): Promise<Extract<JournalEvent, {type: 'audit.read' | 'audit.failed'}>> {
  const limit = limitOf(runtime);
  const signal = AbortSignal.any([runtime.interruption.giveUp, limit.signal]);
  const window = {
    notes,
    waitForMs: runtime.waitForAuditMs,
    hurry: runtime.interruption.forward,
    awaits: (until: number) => {
      limit.startAt(until);
      runtime.isAwaitingRecord = true;
      runtime.journal({type: 'audit.awaited', data: {system, until, at: runtime.clock.now()}});
    },
  };
  try {
    const input = runtime.values.input(call, 1);
    const read = () => call.operation.read(input, window, createContext(runtime, call, signal));
    const {events, ...reading} = await untilAborted(signal, read, graceMs);
    const scope = runtime.plan.record.scope[system];
    const sorted = mattersFirst(
      events.filter((event) => isKept(event, scope)),
      scope,
    );
    // What others did elsewhere is no matter of this drill, so that a busy account is no gap.
    const lost = sorted.slice(keptEvents).filter((event) => isNear(event, scope) && weighs(event)).length;
    const cut = lost > 0 ? [`${lost} more events were not kept`] : [];
    const {entries, completeTo, gaps, knownBy, blind = []} = reading;
    return {
      type: 'audit.read',
      data: {
        system,
        entries,
        gaps: [...gaps, ...cut],
        ...(completeTo === undefined ? {} : {completeTo}),
        knownBy,
        ...(blind.length === 0 ? {} : {blind}),
        events: sorted.slice(0, keptEvents),
      },
    };
  } catch (error) {
    return {type: 'audit.failed', data: {system, ...failureOf(error)}};
  } finally {
    runtime.isAwaitingRecord = false;
    limit.end();
  }
}

/** A timer of Node's ends at once where it is longer. */
const longestTimerMs = 2 ** 31 - 1;

/** What takes as long as a whole run may, beside what it waits for, is given up, so that nothing hangs while nobody looks. */
function limitOf({clock, maxDurationMs}: Runtime): {signal: AbortSignal; startAt(time: number): void; end(): void} {
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const startAt = (time: number): void => {
    clearTimeout(timer);
    const tooLong = new Error(
      `Expected the record to be read within ${renderDuration(maxDurationMs)}, beside what was waited for, and it was not. Give \`run\` more --max-duration, or \`report --reconcile\` more --wait-for-audit.`,
    );
    const waitMs = Math.max(0, time - clock.now()) + maxDurationMs;
    timer = setTimeout(() => limit.abort(tooLong), Math.min(waitMs, longestTimerMs));
  };
  startAt(clock.now());
  return {signal: limit.signal, startAt, end: () => clearTimeout(timer)};
}

/** What others read or were refused elsewhere is no matter of this drill. */
function isKept({effect, path}: AuditEvent, scope: readonly string[] = ['*']): boolean {
  return (effect !== 'read' && effect !== 'refused') || isInScope(scope, path);
}

/** In scope, or by the integration, whatever that did. */
function isNear({path, actor}: AuditEvent, scope: readonly string[] = ['*']): boolean {
  return actor.kind === 'integration' || isInScope(scope, path);
}

/** What the integration asked for, or the run's probes with its key, and changed nothing, weighs in settle alone. */
function weighs({actor, effect, phase}: AuditEvent): boolean {
  const isQuiet = effect === 'refused' || (quiet.includes(effect) && phase !== 'settle');
  return actor.kind !== 'integration' || !isQuiet;
}

const quiet: readonly AuditEvent['effect'][] = ['read', 'refused', 'renewal', 'use'];

/** What is near comes before what is not, and what somebody changed before what was merely read, refused or renewed. */
function mattersFirst(events: readonly AuditEvent[], scope: readonly string[] | undefined): readonly AuditEvent[] {
  const rank = (event: AuditEvent): number =>
    2 * Number(!isNear(event, scope)) + Number(quiet.includes(event.effect) || !weighs(event));
  return events.toSorted((a, b) => rank(a) - rank(b));
}
