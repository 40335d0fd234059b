/** `journal-folder`: the run's folder is not fit to hold one. `journal-write`: an entry is not, or not surely, on disk. */
export const journalErrorCodes = ['journal-folder', 'journal-write'] as const;

export type JournalErrorCode = (typeof journalErrorCodes)[number];

/** Without a journal nothing may be changed: this ends the run, or the step. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;

  constructor(code: JournalErrorCode, message: string, cause?: unknown) {
    super(message, {cause});
    this.code = code;
  }
}

/** The errno of what the file system said, to be put in a message. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
}
