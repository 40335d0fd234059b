import {DriverError, type DriverErrorCode} from '../../contract/driver-error.ts';

/** Thrown where a time limit ended the wait; the server may have done it all the same. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/** The server itself spoke, with a SQLSTATE: told by `severity`, since `EPIPE` looks like a SQLSTATE too. */
export type ServerRefusal = Error & {readonly code: string; readonly severity: string};

export function isServerRefusal(error: unknown): error is ServerRefusal {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

/** True where the server ended the session with this message. */
export function isFatal(error: unknown): boolean {
  return isServerRefusal(error) && (error.severity === 'FATAL' || error.severity === 'PANIC');
}

/** Any trouble with PostgreSQL, as one of our codes. `detail` is the SQLSTATE, the errno or a word of the README. The server's own text is left out: it may quote values. */
export function toDriverError(error: unknown, place: string): DriverError {
  if (error instanceof DriverError) return error;
  if (isServerRefusal(error)) return refused(error, place);
  if (error instanceof TimeLimitError) {
    const message = `Expected ${place} to answer in time, got nothing. Is it overloaded, or blocked by a lock?`;
    return new DriverError(message, {code: 'timeout', retryable: true, detail: 'TIMEOUT', cause: error});
  }
  const detail = lossOf(error);
  if (detail === undefined) {
    const message = `Expected ${place} to speak the PostgreSQL protocol, got something else. Correct the address.`;
    return new DriverError(message, {code: 'protocol', detail: 'protocol', cause: error});
  }
  const message =
    detail === 'TLS'
      ? `Expected ${place} to offer TLS with a certificate that is trusted and has its name, it did not. Name the CA by \`ca\`, or correct \`address\` or \`tls\`.`
      : `Expected ${place} to answer, got ${detail}. Start it, or correct the address.`;
  return new DriverError(message, {code: 'unreachable', retryable: detail !== 'TLS', detail, cause: error});
}

function refused(error: ServerRefusal, place: string): DriverError {
  const sqlstate = error.code;
  const [, code, meaning] = meanings.find(([pattern]) => pattern.test(sqlstate)) ?? [undefined, 'failed', 'it failed'];
  const message = `Expected ${place} to do it, got SQLSTATE ${sqlstate}: ${meaning}.`;
  return new DriverError(message, {code, retryable: code === 'unavailable', detail: sqlstate, cause: error});
}

const meanings: readonly (readonly [RegExp, DriverErrorCode, string])[] = [
  [/^28/, 'unauthenticated', 'the user may not log in, or the password is not its own. Correct the credential'],
  [/^42501$/, 'forbidden', 'the user lacks a right. Grant it'],
  [/^57014$/, 'timeout', 'the statement was cancelled. Raise `timeout`, or look for a lock'],
  [/^(?:57P|53|08)/, 'unavailable', 'the server ended the session or can take no other. Look at its log'],
  [/^(?:3D000|42P01|42704)$/, 'not-found', 'the database, table or role does not exist. Correct its name'],
  [/^(?:55|40|2BP01)/, 'conflict', 'something else stands in the way. Look at its log'],
  [/^(?:22|25|42)/, 'rejected', 'the statement can not be run. Correct it'],
];

/** How the connection was lost; undefined where the other side answered, with something else than PostgreSQL. */
function lossOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') {
    const ofNetwork = error.code.startsWith('E') && !error.code.startsWith('ERR_') && error.code !== 'EPROTO';
    return ofNetwork ? error.code : 'TLS';
  }
  if (/\bSSL\b/.test(error.message)) return 'TLS';
  return /^Connection terminated|not queryable/.test(error.message) ? 'connection-lost' : undefined;
}
