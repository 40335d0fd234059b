import type {RunResult} from '../verdict/result.ts';

/** A run that was refused, or did not come to its first step: of how things are it says nothing. */
export function changedNothing({restores, exitCode, steps}: RunResult): boolean {
  return restores === true ? exitCode === 2 : steps.every(({status}) => status === 'not-started');
}
