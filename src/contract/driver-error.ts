/** Why a system outside did not do what was asked. Each code stands in `docs/errors.md`. */
export type DriverErrorCode =
  | 'unreachable' /** nobody answered: refused, no such host, TLS, reset */
  | 'timeout' /** no answer within the time limit; it may have happened all the same */
  | 'unauthenticated' /** the credential is not accepted at all */
  | 'forbidden' /** the credential is accepted, and may not do this */
  | 'not-found'
  | 'conflict' /** the system is in a state in which this can't be done */
  | 'rate-limited'
  | 'sealed'
  | 'unavailable' /** 5xx: the server answered and could not */
  | 'rejected' /** the server understood and refused the request itself */
  | 'protocol' /** the answer is not of the expected form */
  | 'failed'; /** anything else, told by the message */

/** Trouble outside. The message says what was expected, found and to do, and holds no secret; `cause` is never shown or kept. */
export class DriverError extends Error {
  override readonly name = 'DriverError';
  readonly code: DriverErrorCode;
  /** True only where asking again may help and can do no harm. */
  readonly retryable: boolean;
  /** The code in the system's own words: a SQLSTATE, an HTTP status, an errno. */
  readonly detail: string | undefined;

  constructor(
    message: string,
    options: {
      readonly code: DriverErrorCode;
      readonly retryable?: boolean;
      readonly detail?: string;
      readonly cause?: unknown;
    },
  ) {
    super(message, {cause: options.cause});
    this.code = options.code;
    this.retryable = options.retryable ?? false;
    this.detail = options.detail;
  }
}
