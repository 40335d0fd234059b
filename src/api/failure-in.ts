import type {Failure} from '../journal/entries.ts';
import {JournalError} from '../journal/journal-error.ts';

/** What is told of an error around a run's record. Never a stack, never a cause. */
export function failureIn(error: unknown): Failure {
  if (error instanceof JournalError) return {code: error.code, message: error.message};
  return {code: 'failed', message: error instanceof Error ? error.message : 'Something was thrown that is no error.'};
}
