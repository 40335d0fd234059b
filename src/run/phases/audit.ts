import {endOf} from '../../journal/open-credentials.ts';
import {createContext, failureOf} from '../context.ts';
import {readRecord} from '../read-record.ts';
import type {Runtime} from '../runtime.ts';
import {releaseCaptures} from '../take-capture.ts';

/** What tells the run's own events from others', by system. */
export type Notes = ReadonlyMap<string, unknown>;

/** Gives back what the run made, notes what tells its own events from others', and ends the run's credential as its last event. */
export async function endRun(runtime: Runtime): Promise<Notes> {
  const signal = runtime.interruption.giveUp;
  await releaseCaptures(runtime);
  const notes = new Map<string, unknown>();
  for (const {system, call, identities} of runtime.plan.audits) {
    try {
      const input = runtime.values.input(call, 1);
      const noted = await call.operation.note(input, identities, createContext(runtime, call, signal));
      notes.set(system, noted);
      if (call.operation.late !== undefined) runtime.journal({type: 'audit.noted', data: {system, notes: noted}});
    } catch (error) {
      runtime.journal({type: 'audit.failed', data: {system, ...failureOf(error)}});
    }
  }
  await endCredentials(runtime);
  return notes;
}

/** Reads each audit source up to the run's last event. */
export async function readRecords(runtime: Runtime, notes: Notes): Promise<void> {
  for (const audit of runtime.plan.audits) {
    if (notes.has(audit.system)) runtime.journal(await readRecord(runtime, audit, notes.get(audit.system)));
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
