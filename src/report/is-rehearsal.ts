import type {RunResult} from '../verdict/result.ts';

/** A run that was to stop after the baseline, and did: what it leaves unproven is for a whole run to show. */
export function isRehearsal({until, criteria}: Pick<RunResult, 'until' | 'criteria'>): boolean {
  return until !== undefined && criteria.baseline.state === 'met';
}
