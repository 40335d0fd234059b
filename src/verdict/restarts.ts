import type {StepRecord} from '../contract/plan-record.ts';
import type {EventData} from '../journal/entries.ts';
import type {Replay} from './replay.ts';

/**
 * Changes of the process behind a probe that no step allows: each step or rollback that names the probe in `restarts` allows
 * one after its start.
 */
export function unallowedRestarts(name: string, replay: Replay): readonly EventData<'probe.instance'>[] {
  const stepOf = (id: string): StepRecord | undefined => replay.plan.steps.find((step) => step.id === id);
  const allowances = [
    ...replay.all('step.started').filter(({step}) => stepOf(step)?.restarts.includes(name)),
    ...replay.all('rollback.started').filter(({step}) => {
      const rollback = stepOf(step)?.rollback;
      return rollback?.kind === 'action' && rollback.restarts.includes(name);
    }),
  ]
    .filter(({attempt}) => attempt === 1)
    .map(({at}) => at);
  return replay.all('probe.instance').filter(({probe, at}) => {
    if (probe !== name) return false;
    const allowance = allowances.findIndex((startedAt) => startedAt <= at);
    if (allowance >= 0) allowances.splice(allowance, 1);
    return allowance < 0;
  });
}
