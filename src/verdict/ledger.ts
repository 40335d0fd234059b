import {type Outage, outagesOf} from './outages.ts';
import type {Replay} from './replay.ts';
import type {RunResult} from './result.ts';

type ManualRecovery = RunResult['manualRecovery'];
type Moment = ManualRecovery['timeline'][number];

/** Dependents that were down at this time (milliseconds since the epoch) and came back after it: because of it, as far as order tells. */
export function followedBy(at: number, replay: Replay): ManualRecovery['events'][number]['followedBy'] {
  return outagesOfAll(replay).flatMap(({dependent, from, to}) =>
    to !== undefined && from <= at && at < to ? [{dependent, afterMs: Math.round(to - at)}] : [],
  );
}

/**
 * From the start of rollback until the last thing that was down or dead worked again, in milliseconds; null where something
 * did not come back.
 */
export function recoveredAfter(replay: Replay): number | null {
  const rollbackAt = replay.phaseAt('rollback');
  if (rollbackAt === undefined || replay.phaseAt('audit') === undefined) return null;
  const accesses = Object.entries(replay.plan.access).map(([name, {judged}]) => {
    const last = replay.changes(name, judged === 'both' ? 2 : 1).at(-1);
    return last?.to === 'allowed' ? last.receivedAt : undefined;
  });
  const dependents = outagesOfAll(replay).map(({to}) => to);
  const times = [...accesses, ...dependents].filter((time) => time !== undefined);
  if (times.length < accesses.length + dependents.length) return null;
  return Math.round(Math.max(rollbackAt, ...times) - rollbackAt);
}

/** What others did, and what dependents went through, in the order in which it happened, by this machine's clock. */
export function timelineOf(
  {events, declared, manualSteps}: Pick<ManualRecovery, 'events' | 'declared' | 'manualSteps'>,
  replay: Replay,
): readonly Moment[] {
  const moments: (Omit<Moment, 'at'> & {readonly at: number})[] = [
    ...events.map(({system, time, operation, path, effect}) =>
      effect === 'restart'
        ? {at: Date.parse(time), kind: 'restarted' as const, subject: system, what: 'by nothing that the run did'}
        : {
            at: replay.ownTime(system, time),
            kind: 'somebody' as const,
            subject: system,
            what: `${operation} ${path}`,
          },
    ),
    ...declared.map(({by, reason, at}) => ({
      at: Date.parse(at),
      kind: 'declared' as const,
      subject: by,
      what: reason,
    })),
    ...manualSteps.map(({by, instruction, at}) => ({
      at: Date.parse(at),
      kind: 'manual-step' as const,
      subject: by,
      what: instruction,
    })),
    ...outagesOfAll(replay).flatMap(({dependent, from, to}) => [
      {at: from, kind: 'down' as const, subject: dependent, what: 'stopped working'},
      ...(to === undefined ? [] : [{at: to, kind: 'recovered' as const, subject: dependent, what: 'works again'}]),
    ]),
  ];
  return moments
    .toSorted((a, b) => a.at - b.at)
    .map(({at, ...moment}) => ({at: new Date(at).toISOString(), ...moment}));
}

function outagesOfAll(replay: Replay): readonly Outage[] {
  return Object.keys(replay.plan.dependents).flatMap((dependent) => outagesOf(dependent, replay));
}
