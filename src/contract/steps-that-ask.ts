import type {PlanRecord, StepRecord} from './plan-record.ts';

/** The steps that a person is asked to do, or to roll back. */
export function stepsThatAsk({steps}: Pick<PlanRecord, 'steps'>): readonly StepRecord[] {
  return steps.filter(
    ({asksPerson, rollback}) => asksPerson === true || (rollback.kind === 'action' && rollback.asksPerson === true),
  );
}
