/** Why a system outside did not do what was asked. Each code stands in `docs/errors.md`. */
export const driverErrorCodes = [
  /** Nobody answered: refused, no such host, TLS, reset. */
  'unreachable',
  /** No answer within the time limit; it may have happened all the same. */
  'timeout',
  /** The credential is not accepted at all. */
  'unauthenticated',
  /** The credential is accepted, and may not do this. */
  'forbidden',
  'not-found',
  /** The system is in a state in which this can't be done. */
  'conflict',
  'rate-limited',
  'sealed',
  /** 5xx: the server answered and could not. */
  'unavailable',
  /** The server understood and refused the request itself. */
  'rejected',
  /** The answer is not of the expected form. */
  'protocol',
  /** Anything else, told by the message. */
  'failed',
] as const;

export type DriverErrorCode = (typeof driverErrorCodes)[number];

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
