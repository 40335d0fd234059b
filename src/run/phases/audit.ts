import {isInScope} from '../../contract/in-scope.ts';
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
      const {entries, completeTo, gaps, knownBy, blind} = reading;
      const scope = runtime.plan.record.scope[system];
      const events = mattersFirst(
        reading.events.filter((event) => isKept(event, scope)),
        scope,
      );
      const kept = events.slice(0, keptEvents);
      // What others did elsewhere is no matter of this drill, so that a busy account is no gap.
      const lost = events.slice(keptEvents).filter((event) => isNear(event, scope)).length;
      const cut = lost > 0 ? [`${lost} more events were not kept`] : [];
      runtime.journal({
        type: 'audit.read',
        data: {
          system,
          entries,
          gaps: [...gaps, ...cut],
          ...(completeTo === undefined ? {} : {completeTo}),
          knownBy,
          ...(blind === undefined || blind.length === 0 ? {} : {blind}),
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

/** What others read or were refused elsewhere is no matter of this drill. */
function isKept({effect, path}: AuditEvent, scope: readonly string[] = ['*']): boolean {
  return (effect !== 'read' && effect !== 'refused') || isInScope(scope, path);
}

/** In scope, or by the integration, whatever that did. */
function isNear({path, actor}: AuditEvent, scope: readonly string[] = ['*']): boolean {
  return actor.kind === 'integration' || isInScope(scope, path);
}

/** What is near comes before what is not, and what somebody changed before what was merely read, refused or renewed. */
function mattersFirst(events: readonly AuditEvent[], scope: readonly string[] | undefined): readonly AuditEvent[] {
  const quiet = ['read', 'refused', 'renewal', 'use'];
  const rank = (event: AuditEvent): number => 2 * Number(!isNear(event, scope)) + Number(quiet.includes(event.effect));
  return events.toSorted((a, b) => rank(a) - rank(b));
}
