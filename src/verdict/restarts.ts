import type {StepRecord} from '../contract/plan-record.ts';
import type {EventData} from '../journal/entries.ts';
import type {Replay} from './replay.ts';

/**
 * Changes of the process behind a probe that no step allows: each step or rollback that names the probe in `restarts` allows
 * one, from its start until the probe was asked afterwards and told which process it is. What a step allows ends with the
 * steps.
 */
export function unallowedRestarts(name: string, replay: Replay): readonly EventData<'probe.instance'>[] {
  const stepOf = (id: string): StepRecord | undefined => replay.plan.steps.find((step) => step.id === id);
  const rollbackAt = replay.phaseAt('rollback') ?? Number.POSITIVE_INFINITY;
  const allowances = [
    ...replay
      .all('step.started')
      .filter(({step, attempt}) => attempt === 1 && stepOf(step)?.restarts.includes(name))
      .map(({at}) => ({from: at, to: Math.min(rollbackAt, toldAfter(at, name, replay))})),
    ...rollbacksThatStart(name, replay).map(({at}) => ({from: at, to: toldAfter(at, name, replay)})),
  ];
  return replay.all('probe.instance').filter(({probe, at}) => {
    if (probe !== name) return false;
    const allowance = allowances.findIndex(({from, to}) => from <= at && at <= to);
    if (allowance >= 0) allowances.splice(allowance, 1);
    return allowance < 0;
  });
}

/** Rollbacks after which nobody told which process they started: one that somebody started since is not known from it. */
export function unknownStarts(name: string, replay: Replay): readonly string[] {
  return rollbacksThatStart(name, replay)
    .filter(({at}) => toldAfter(at, name, replay) === Number.POSITIVE_INFINITY)
    .map(({step}) => step);
}

function rollbacksThatStart(name: string, replay: Replay): readonly EventData<'rollback.started'>[] {
  return replay.all('rollback.started').filter(({step, attempt}) => {
    const rollback = replay.plan.steps.find(({id}) => id === step)?.rollback;
    return attempt === 1 && rollback?.kind === 'action' && rollback.restarts.includes(name);
  });
}

function toldAfter(time: number, name: string, replay: Replay): number {
  const told = replay
    .all('probe.asked')
    .find((asked) => asked.probe === name && asked.instance !== undefined && asked.at >= time);
  return told?.at ?? Number.POSITIVE_INFINITY;
}
