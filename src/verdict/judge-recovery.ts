import type {AuditEvent} from '../contract/operation.ts';
import type {Phase} from '../journal/entries.ts';
import type {Findings} from './findings.ts';
import type {Replay} from './replay.ts';
import type {RunResult} from './result.ts';

type ManualRecovery = RunResult['manualRecovery'];
type RecordedEvent = AuditEvent & {readonly system: string};

/** The phases in which somebody's change could be a recovery. */
const watched: readonly Phase[] = ['shutdown', 'settle', 'rollback', 'restored', 'audit'];

/** Whether anybody but the run and the declared workloads changed something in scope, as far as records tell. */
export function judgeRecovery(replay: Replay, findings: Findings): ManualRecovery {
  const declared = Object.entries(replay.plan.audit);
  const blind = declared.flatMap(([system, source]) => ('blind' in source ? [{system, why: source.blind}] : []));
  const readings = replay.all('audit.read');
  const audited = readings.map(({system, entries, completeTo}) => ({
    system,
    entries,
    ...(completeTo === undefined ? {} : {completeTo}),
  }));
  for (const {writtenAt} of replay.all('run.resumed')) {
    findings.unproven(`Nobody watched until ${new Date(writtenAt).toISOString()}, when the run was resumed.`);
  }
  if (replay.phaseAt('shutdown') === undefined) {
    findings.unproven('The run ended before anything was changed.');
    return {state: 'unproven', events: [], blind, audited};
  }

  const events = eventsOf(replay).filter((event) => isIntervention(event, replay));
  for (const event of events) {
    const who = event.accessor === undefined ? '' : ` by accessor \`${event.accessor}\``;
    findings.unmet(
      `Somebody's ${event.effect} in \`${event.system}\` during ${event.phase}: ${event.operation} \`${event.path}\` at ${event.time}${who}.`,
    );
  }
  judgeCompleteness(replay, findings);
  const {state} = findings.criterion();
  return {
    state: events.length > 0 ? 'detected' : state === 'met' ? 'none' : 'unproven',
    events: events.map(({system, time, operation, path, effect, phase, accessor, displayName}) => ({
      system,
      time,
      operation,
      path,
      effect,
      phase,
      ...(accessor === undefined ? {} : {accessor}),
      ...(displayName === undefined ? {} : {displayName}),
    })),
    blind,
    audited,
  };
}

/** An authenticated success of the integration itself between the last step and rollback: something of it still lives. */
export function judgeIntegrationUse(replay: Replay, findings: Findings): void {
  for (const event of eventsOf(replay)) {
    if (event.actor.kind !== 'integration' || event.effect === 'refused' || event.phase !== 'settle') continue;
    findings.unmet(
      `The integration (\`${event.actor.name ?? 'unnamed'}\`) was served after the last step: ${event.operation} \`${event.path}\` in \`${event.system}\` at ${event.time}.`,
    );
  }
}

function eventsOf(replay: Replay): readonly RecordedEvent[] {
  return replay.all('audit.read').flatMap(({system, events}) => events.map((event) => ({...event, system})));
}

function isIntervention(event: RecordedEvent, replay: Replay): boolean {
  if (!watched.some((phase) => phase === event.phase)) return false;
  if (event.actor.kind === 'run' || event.actor.kind === 'workload') return false;
  if (event.actor.kind === 'integration') return event.effect === 'change';
  if (event.effect !== 'change' && event.effect !== 'hand-out') return false;
  const patterns = replay.plan.scope[event.system] ?? ['*'];
  return patterns.some((pattern) => matches(pattern, event.path));
}

/** `*` in a pattern is any text. */
function matches(pattern: string, path: string): boolean {
  const expression = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${expression.join('.*')}$`).test(path);
}

function judgeCompleteness(replay: Replay, findings: Findings): void {
  const sources = Object.entries(replay.plan.audit).filter(([, source]) => 'uses' in source);
  if (sources.length === 0) findings.unproven('No audit source is declared, so nobody recorded who changed what.');
  for (const [system] of sources) {
    const failure = replay.all('audit.failed').find((entry) => entry.system === system);
    const reading = replay.all('audit.read').find((entry) => entry.system === system);
    if (failure !== undefined)
      findings.unproven(`The audit source of \`${system}\` could not be read: ${failure.message}`);
    else if (reading === undefined) findings.unproven(`The audit source of \`${system}\` was not read.`);
    else if (!replay.all('connection.began').some(({connection}) => connection === system))
      findings.unproven(
        `The run had no credential of its own on \`${system}\`, so nothing tells its doing from others'.`,
      );
    else if (reading.completeTo === undefined || reading.gaps.length > 0) {
      const why = reading.gaps.length > 0 ? reading.gaps.join('; ') : "the run's own last event was not seen in it";
      findings.unproven(`The audit record of \`${system}\` is not complete: ${why}.`);
    }
  }
  for (const {where} of replay.all('trouble')) {
    if (where.startsWith('mark ')) findings.unproven(`The phases could not be marked in the audit record (${where}).`);
  }
}
