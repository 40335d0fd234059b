import type {AuditEvent} from '../../contract/operation.ts';
import {endOf} from '../../journal/open-credentials.ts';
import {createContext, failureOf} from '../context.ts';
import type {Runtime} from '../runtime.ts';
import {releaseCaptures} from '../take-capture.ts';

/** So many events of one system are kept in the journal; more than that would only say the same. */
const keptEvents = 1000;

/**
 * Gives back what the run made, notes what tells its own events from others', ends the run's credential as its last
 * event, and reads each audit source up to that event.
 */
export async function readAudit(runtime: Runtime): Promise<void> {
  const signal = runtime.interruption.giveUp;
  await releaseCaptures(runtime);
  const notes = new Map<string, unknown>();
  for (const {system, call, identities} of runtime.plan.audits) {
    try {
      const input = runtime.values.input(call, 1);
      notes.set(system, await call.operation.note(input, identities, createContext(runtime, call, signal)));
    } catch (error) {
      runtime.journal({type: 'audit.failed', data: {system, ...failureOf(error)}});
    }
  }
  await endCredentials(runtime);
  for (const {system, call} of runtime.plan.audits) {
    if (!notes.has(system)) continue;
    try {
      const input = runtime.values.input(call, 1);
      const reading = await call.operation.read(input, notes.get(system), createContext(runtime, call, signal));
      const {entries, completeTo, gaps, events} = reading;
      const kept = mattersFirst(events).slice(0, keptEvents);
      const cut = events.length > kept.length ? [`${events.length - kept.length} more events were not kept`] : [];
      runtime.journal({
        type: 'audit.read',
        data: {
          system,
          entries,
          gaps: [...gaps, ...cut],
          ...(completeTo === undefined ? {} : {completeTo}),
          events: kept,
        },
      });
    } catch (error) {
      runtime.journal({type: 'audit.failed', data: {system, ...failureOf(error)}});
    }
  }
}

/** Ends the run's own credentials, on the connections that have one. Safe to call twice. */
export async function endCredentials(runtime: Runtime): Promise<void> {
  for (const [connection, session] of runtime.sessions) {
    if (session.end === undefined || !runtime.begun.has(connection)) continue;
    try {
      await session.end(runtime.interruption.giveUp);
      runtime.begun.delete(connection);
      runtime.journal({type: 'connection.ended', data: {connection}});
    } catch (error) {
      runtime.journal({
        type: 'trouble',
        data: {where: endOf(connection), ...failureOf(error)},
      });
    }
  }
}

/** What somebody changed comes before what was merely refused or renewed. */
function mattersFirst(events: readonly AuditEvent[]): readonly AuditEvent[] {
  const quiet = ['refused', 'renewal', 'use'];
  return events.toSorted((a, b) => Number(quiet.includes(a.effect)) - Number(quiet.includes(b.effect)));
}
