import {isDeepStrictEqual} from 'node:util';
import {largestSkewMs} from '../contract/clock.ts';
import type {Session} from '../contract/driver.ts';
import type {Entry, EventData, Failure, JournalEvent} from '../journal/entries.ts';
import type {PlannedAudit} from '../plan/plan.ts';
import {renderDuration} from '../util/duration.ts';
import {failureOf} from './context.ts';
import {createRuntime, type RuntimeInputs} from './create-runtime.ts';
import {readPast} from './past.ts';
import {identifyServers} from './phases/guard.ts';
import {readRecord} from './read-record.ts';
import type {Runtime} from './runtime.ts';

export type Reconciliation = {
  /** What is to be journalled; nothing where no record tells more than it did. */
  readonly events: readonly JournalEvent[];
  readonly problems: readonly Failure[];
  /** A server is another one than the guard expects. */
  readonly refused: boolean;
};

/** What was read again and not judged, since the process was cut off, is read once more. */
export function settled(entries: readonly Entry[]): readonly Entry[] {
  return entries.slice(0, entries.findLastIndex(({type}) => type === 'run.finished') + 1);
}

/** Of these entries, the audit sources whose records come in late, and were not complete when they were read last. */
export function findLate(audits: readonly PlannedAudit[], entries: readonly Entry[]): readonly PlannedAudit[] {
  return audits.filter(({system, call}) => {
    if (call.operation.late === undefined || notesOf(system, entries) === undefined) return false;
    const last = lastReadingOf(system, entries);
    return last === undefined || last.completeTo === undefined || last.gaps.length > 0;
  });
}

/**
 * Reads records again that had not come in when the run ended. Nothing is changed, no mark is made and nothing of the run's
 * is used: the record is complete up to the run's last event, or not. What is read is returned, so that it is journalled at
 * once or not at all.
 */
export async function reconcileAudit(
  inputs: Omit<RuntimeInputs, 'journal'> & {readonly onEvent?: (event: JournalEvent) => void},
  entries: readonly Entry[],
): Promise<Reconciliation> {
  const events: JournalEvent[] = [];
  const append = (event: JournalEvent): void => {
    events.push(event);
    inputs.onEvent?.(event);
  };
  const late = findLate(inputs.plan.audits, entries);
  const names = new Set(late.map(({call}) => call.on));
  const runtime = createRuntime({...inputs, journal: {append}}, readPast(entries));
  try {
    const connections = inputs.plan.connections.filter(({name}) => names.has(name));
    const {refused, unable} = await identifyServers(runtime, connections);
    if (refused.length > 0) return {events: [], problems: refused, refused: true};
    const problems = [...unable, ...(await compareClocks(runtime))];
    let isNew = false;
    for (const audit of late.filter(({call: {on}}) => on === undefined || runtime.sessions.has(on))) {
      const read = await readAgain(runtime, audit, entries);
      if (read.type === 'audit.failed') {
        problems.push({code: read.data.code, message: `Audit source of \`${audit.system}\`: ${read.data.message}`});
        continue;
      }
      isNew ||= !isDeepStrictEqual(plain(read.data), lastReadingOf(audit.system, entries));
      append(read);
    }
    // A copy: an interruption that comes later is none of the run.
    return {events: isNew ? [...events] : [], problems, refused: false};
  } finally {
    for (const session of runtime.sessions.values()) await session.close().catch(() => undefined);
  }
}

/** How long ago the run ended is told by this machine's clock, which may be another one's than the run's. Where it is wrong, nothing is read there. */
async function compareClocks(runtime: Runtime): Promise<readonly Failure[]> {
  const problems: Failure[] = [];
  for (const [name, session] of [...runtime.sessions]) {
    const problem = await clockProblem(runtime, name, session);
    if (problem === undefined) continue;
    problems.push(problem);
    runtime.sessions.delete(name);
    await session.close().catch(() => undefined);
  }
  return problems;
}

async function clockProblem(
  {clock, interruption}: Runtime,
  name: string,
  session: Session,
): Promise<Failure | undefined> {
  try {
    const time = await session.serverTime?.(interruption.giveUp);
    const skewMs = time === undefined ? 0 : Math.abs(time - clock.now());
    if (skewMs <= largestSkewMs) return undefined;
    const message = `Connection \`${name}\`: its clock differs from this machine's by ${renderDuration(skewMs)}; expected at most ${renderDuration(largestSkewMs)}. Synchronise them.`;
    return {code: 'clock-skew', message};
  } catch (error) {
    const {code, message} = failureOf(error);
    return {code, message: `Connection \`${name}\`: ${message}`};
  }
}

async function readAgain(runtime: Runtime, audit: PlannedAudit, entries: readonly Entry[]) {
  const {system, call} = audit;
  const notes = call.operation.late?.notes.safeParse(notesOf(system, entries));
  if (notes?.success === true) return readRecord(runtime, audit, notes.data);
  const message = 'Expected the notes of the run in its journal, and this version can not read them.';
  return {type: 'audit.failed', data: {system, code: 'protocol', message}} as const;
}

function notesOf(system: string, entries: readonly Entry[]): unknown {
  const noted = entries.findLast((entry) => entry.type === 'audit.noted' && entry.data.system === system);
  return noted?.type === 'audit.noted' ? noted.data.notes : undefined;
}

function lastReadingOf(system: string, entries: readonly Entry[]): EventData<'audit.read'> | undefined {
  const read = entries.findLast(
    (entry) => (entry.type === 'audit.read' || entry.type === 'audit.failed') && entry.data.system === system,
  );
  return read?.type === 'audit.read' ? read.data : undefined;
}

/** As the journal has it. */
function plain(data: EventData<'audit.read'>): unknown {
  return JSON.parse(JSON.stringify(data));
}
