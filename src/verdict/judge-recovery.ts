import {isInScope} from '../contract/in-scope.ts';
import type {AuditEvent} from '../contract/operation.ts';
import type {Phase} from '../journal/entries.ts';
import {renderDuration} from '../util/duration.ts';
import type {Findings} from './findings.ts';
import {followedBy, recoveredAfter, timelineOf} from './ledger.ts';
import type {Replay} from './replay.ts';
import {unallowedRestarts, unknownStarts} from './restarts.ts';
import type {LedgerEvent, RunResult} from './result.ts';

type ManualRecovery = RunResult['manualRecovery'];
type RecordedEvent = AuditEvent & {readonly system: string; readonly knownBy: string | undefined};
type Interventions = Pick<ManualRecovery, 'events' | 'declared' | 'manualSteps'>;

/** The phases in which somebody's change could be a recovery. */
const watched: readonly Phase[] = ['shutdown', 'settle', 'rollback', 'restored', 'audit'];

/** Whether anybody but the run and the declared workloads changed something in scope, as far as records tell. */
export function judgeRecovery(replay: Replay, findings: Findings): ManualRecovery {
  const declaredSources = Object.entries(replay.plan.audit);
  const {readings} = replay;
  const blind = [
    ...declaredSources.flatMap(([system, source]) => ('blind' in source ? [{system, why: source.blind}] : [])),
    ...readings.flatMap(({system, blind: unseen = []}) => unseen.map((why) => ({system, why}))),
  ];
  const audited = readings.map(({system, entries, completeTo}) => ({
    system,
    entries,
    ...(completeTo === undefined ? {} : {completeTo}),
  }));
  for (const {writtenAt} of replay.all('run.resumed')) {
    findings.unproven(`Nobody watched until ${new Date(writtenAt).toISOString()}, when the run was resumed.`);
  }
  const watchers = {blind, audited};
  const declared = judgeDeclared(replay, findings);
  const manualSteps = judgeManualSteps(replay, findings);
  if (replay.phaseAt('shutdown') === undefined) {
    findings.unproven('The run ended before anything was changed.');
    const nothing = {events: [], witnessed: [], refused: [], recoveredAfterMs: null, timeline: []};
    return {state: 'unproven', ...nothing, declared, manualSteps, ...watchers};
  }

  const recorded = eventsOf(replay).filter(({phase}) => watched.some((each) => each === phase));
  const changes = recorded.filter((event) => isIntervention(event, replay));
  for (const event of changes) {
    const who = event.accessor === undefined ? '' : ` by accessor \`${event.accessor}\``;
    findings.unmet(
      `Somebody's ${event.effect} in \`${event.system}\` during ${event.phase}: ${event.operation} \`${event.path}\` at ${event.time}${who}.`,
    );
  }
  const restarts = judgeRestarts(replay, findings);
  judgeCompleteness(replay, findings);
  const {state} = findings.criterion();
  const bySomebody = (effect: AuditEvent['effect']): readonly LedgerEvent[] =>
    recorded
      .filter((event) => event.effect === effect && event.actor.kind === 'somebody' && isScoped(event, replay))
      .map((event) => tell(event, replay));
  const events = [...changes.map((event) => tell(event, replay)), ...restarts];
  const interventions: Interventions = {events, declared, manualSteps};
  return {
    state: stateOf(interventions, state),
    ...interventions,
    witnessed: [...bySomebody('read')],
    refused: [...bySomebody('refused')],
    recoveredAfterMs: Object.values(interventions).flat().length === 0 ? recoveredAfter(replay) : null,
    timeline: [...timelineOf(interventions, replay)],
    ...watchers,
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

/** What was found in the records weighs more than what somebody said of it. */
function stateOf({events, declared, manualSteps}: Interventions, criterion: string): ManualRecovery['state'] {
  if (events.length > 0) return 'detected';
  if (declared.length + manualSteps.length > 0) return 'declared';
  return criterion === 'met' ? 'none' : 'unproven';
}

function judgeDeclared(replay: Replay, findings: Findings): ManualRecovery['declared'] {
  return replay.all('intervention.declared').map(({by, reason, at, writtenAt}) => {
    findings.unmet(`${by} declared at ${new Date(at).toISOString()} to have helped: ${reason}`.replace(/\.?$/, '.'));
    return {by, reason, at: new Date(at).toISOString(), reportedAt: new Date(writtenAt).toISOString()};
  });
}

/** A drill that has people do something shows that the rest works, and not that nobody is needed. */
function judgeManualSteps(replay: Replay, findings: Findings): ManualRecovery['manualSteps'] {
  const steps = replay.all('manual.confirmed').map(({instruction, by, tookMs, at}) => ({
    step: replay.stepAt(at) ?? '',
    instruction,
    by,
    at: new Date(at).toISOString(),
    tookMs,
  }));
  if (steps.length > 0) {
    const told = steps.map(({step, by, tookMs}) => `${step} by ${by} in ${renderDuration(tookMs)}`).join(', ');
    findings.unmet(`It passes only with ${steps.length} manual step${steps.length === 1 ? '' : 's'}: ${told}.`);
  }
  return steps;
}

/** Whatever started a dependent or the integration itself anew, no step did. */
function judgeRestarts(replay: Replay, findings: Findings): readonly LedgerEvent[] {
  const shutdownAt = replay.phaseAt('shutdown') ?? Number.POSITIVE_INFINITY;
  const {access, dependents} = replay.plan;
  for (const [name, {instance}] of Object.entries(access)) {
    const isTold = replay.all('probe.summary').some(({probe, instanceSeen}) => probe === name && instanceSeen === true);
    if (instance === undefined || isTold) continue;
    findings.unproven(
      `Not every answer of \`${name}\` told which process gave it (\`${instance}\`), so a restart of the integration would not show.`,
    );
  }
  for (const [name, {instance}] of Object.entries({...access, ...dependents})) {
    if (instance === undefined) continue;
    for (const step of unknownStarts(name, replay)) {
      findings.unproven(
        `\`${name}\` did not tell which process it is after the rollback of \`${step}\`, so that nobody knows whether that alone started it.`,
      );
    }
  }
  return [...Object.keys(dependents), ...Object.keys(access)]
    .flatMap((name) => unallowedRestarts(name, replay))
    .filter(({at}) => at >= shutdownAt)
    .map(({probe, at}) => {
      const time = new Date(at).toISOString();
      findings.unmet(`\`${probe}\` was restarted at ${time}, by nothing that the run did.`);
      return {
        system: probe,
        time,
        operation: 'restart',
        path: (dependents[probe] ?? access[probe])?.instance ?? '',
        effect: 'restart',
        phase: replay.phaseOf(at) ?? '',
        knownBy: 'the process that answers, which was another one; not who started it',
        followedBy: [...followedBy(at, replay)],
      };
    });
}

function eventsOf(replay: Replay): readonly RecordedEvent[] {
  return replay.readings.flatMap(({system, knownBy, events}) => events.map((event) => ({...event, system, knownBy})));
}

function isIntervention(event: RecordedEvent, replay: Replay): boolean {
  if (event.actor.kind === 'run' || event.actor.kind === 'workload') return false;
  if (event.actor.kind === 'integration') return event.effect === 'change';
  return (event.effect === 'change' || event.effect === 'hand-out') && isScoped(event, replay);
}

function isScoped({system, path}: RecordedEvent, replay: Replay): boolean {
  return isInScope(replay.plan.scope[system] ?? ['*'], path);
}

function tell(event: RecordedEvent, replay: Replay): LedgerEvent {
  const {system, time, operation, path, effect, phase, accessor, displayName, remoteAddress, knownBy} = event;
  return {
    system,
    time,
    operation,
    path,
    effect,
    phase,
    ...(accessor === undefined ? {} : {accessor}),
    ...(displayName === undefined ? {} : {displayName}),
    ...(remoteAddress === undefined ? {} : {remoteAddress}),
    ...(knownBy === undefined ? {} : {knownBy}),
    followedBy: [...followedBy(replay.ownTime(system, time), replay)],
  };
}

function judgeCompleteness(replay: Replay, findings: Findings): void {
  const sources = Object.entries(replay.plan.audit).filter(([, source]) => 'uses' in source);
  if (sources.length === 0) findings.unproven('No audit source is declared, so nobody recorded who changed what.');
  for (const [system, source] of sources) {
    const hasCredential = replay.all('connection.began').some(({connection}) => connection === system);
    const reading = replay.lastReadingOf(system);
    if (reading === undefined) findings.unproven(`The audit source of \`${system}\` was not read.`);
    else if ('message' in reading)
      findings.unproven(`The audit source of \`${system}\` could not be read: ${reading.message}`);
    else if (!hasCredential && !('ownBySessions' in source))
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
