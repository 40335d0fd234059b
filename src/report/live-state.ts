import type {PlanRecord} from '../contract/plan-record.ts';
import type {Entry, EventData, Phase} from '../journal/entries.ts';
import type {LiveSample} from './live-sample.ts';

export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'rolling back' | 'rolled back' | 'not rolled back';
export type ProbeRow = LiveSample & {readonly since: number};
type Draining = EventData<'draining'>;

/** What the live view shows, as far as it is known. */
export type LiveState = {
  phase: Phase;
  readonly steps: Map<string, StepState>;
  readonly probes: Map<string, ProbeRow>;
  /** By what ends; the end that was told last. */
  readonly draining: Map<string, Draining>;
};

export function createLiveState(plan: PlanRecord): LiveState {
  return {
    phase: 'guard',
    steps: new Map(plan.steps.map(({id}) => [id, 'waiting'])),
    probes: new Map(),
    draining: new Map(),
  };
}

export function followEntry(state: LiveState, entry: Entry): void {
  const {steps} = state;
  switch (entry.type) {
    case 'phase.started':
      state.phase = entry.data.phase;
      break;
    case 'draining':
      state.draining.set(`${entry.data.operation} ${entry.data.what}`, entry.data);
      break;
    case 'step.started':
      steps.set(entry.data.step, 'running');
      break;
    case 'step.succeeded':
      steps.set(entry.data.step, 'done');
      break;
    case 'step.failed':
      steps.set(entry.data.step, 'failed');
      break;
    case 'rollback.started':
      steps.set(entry.data.step, 'rolling back');
      break;
    case 'rollback.succeeded':
    case 'rollback.not-needed':
      steps.set(entry.data.step, 'rolled back');
      break;
    case 'rollback.failed':
      steps.set(entry.data.step, 'not rolled back');
      break;
  }
}

export function followSample(state: LiveState, sample: LiveSample, now: number): void {
  const key = `${sample.probe} ${sample.generation}`;
  const before = state.probes.get(key);
  state.probes.set(key, {...sample, since: before?.state === sample.state ? before.since : now});
}
