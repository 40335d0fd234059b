import {DriverError, type DriverErrorCode} from '../../contract/driver-error.ts';
import type {Observation} from '../../contract/observation.ts';

/** What was asked for, as AWS names it: `secretsmanager:DeleteSecret`, and where. */
export type Asked = {readonly action: string; readonly at: string};

/**
 * By the name of the error: services of the JSON protocol answer 400 to everything a client does wrong, and emulators other
 * statuses than AWS, so that the status says nothing. One detail for what services call by several names.
 */
const byName: Readonly<Record<string, readonly [DriverErrorCode, string]>> = {
  ...named('forbidden', 'AccessDenied', ['AccessDeniedException', 'UnauthorizedOperation', 'NotAuthorized']),
  ...named('unauthenticated', 'InvalidClientTokenId', [
    'UnrecognizedClientException',
    'InvalidAccessKeyId',
    'AuthFailure',
  ]),
  ...named('unauthenticated', 'ExpiredToken', ['ExpiredTokenException']),
  ...named('unauthenticated', 'SignatureDoesNotMatch', ['InvalidSignatureException']),
  ...named('not-found', 'ResourceNotFound', ['ResourceNotFoundException']),
  ...named('not-found', 'NoSuchEntity', ['NoSuchEntityException']),
  ...named('conflict', 'InvalidRequest', ['InvalidRequestException']),
  ...named('conflict', 'LimitExceeded', ['LimitExceededException']),
  ...named('conflict', 'DeleteConflict', [
    'DeleteConflictException',
    'EntityTemporarilyUnmodifiable',
    'ConcurrentModification',
  ]),
  ...named('rate-limited', 'Throttling', [
    'ThrottlingException',
    'ThrottledException',
    'TooManyRequestsException',
    'RequestLimitExceeded',
    'SlowDown',
  ]),
};

const todo: Readonly<Partial<Record<DriverErrorCode, string>>> = {
  forbidden: 'Give the credential this right, or look who took it',
  unauthenticated: 'Is the key active, and not deleted? Is the session over?',
  'not-found': 'Correct the name; is it in this account and region?',
  conflict: 'Look at the state that it is in',
  'rate-limited': 'Wait, or ask less often',
  unavailable: 'Look at its health',
};

/** What the SDK threw, once, as the driver's own error. The words of AWS stay out of it, but for which right is missing. */
export function failureOf(thrown: unknown, {action, at}: Asked): DriverError {
  const {name, said, status, errno} = read(thrown);
  if (errno !== undefined) return unanswered(thrown, {action, at}, errno);
  const [code, detail] = isMarkedDeleted(name, said)
    ? (['conflict', markedForDeletion] as const)
    : classify(name, status);
  const right = /(?:perform|to perform): ([a-z0-9-]+:[A-Za-z]+)/.exec(said)?.[1];
  const words = right === undefined ? '' : `, which lacks ${right}`;
  return new DriverError(
    `Expected AWS at ${at} to do ${action}, got ${detail}${words}. ${todo[code] ?? 'Correct what is asked for'}.`,
    {code, retryable: code === 'rate-limited' || code === 'unavailable', detail, cause: thrown},
  );
}

/** Soft-deleted: the value is there, and refused until somebody restores it. */
export const markedForDeletion = 'MarkedForDeletion';

/**
 * What a refusal says of a credential. A key that AWS no longer knows is dead; one that it knows and that may not is disarmed,
 * as is a secret that can still be restored. Not found says nothing by itself: it may be the wrong account or region.
 */
export function observeRefusal(error: unknown): Observation {
  if (!(error instanceof DriverError)) throw error;
  const code = error.detail ?? error.code;
  switch (error.code) {
    case 'unauthenticated':
      // Its time was over, whatever the drill did: that is no end of the others.
      if (code === 'ExpiredToken') return {state: 'denied', code, ownControl: true, surface: 'unobservable'};
      // A signature that does not fit is a wrong secret, and says nothing of the key.
      if (code === 'SignatureDoesNotMatch') return {state: 'indeterminate', code};
      return {state: 'denied', code, ownControl: true};
    case 'forbidden':
      return {state: 'denied', code, ownControl: true, surface: 'disarmed'};
    case 'conflict':
      if (code === markedForDeletion) return {state: 'denied', code, ownControl: true, surface: 'disarmed'};
      return {state: 'indeterminate', code};
    case 'unreachable':
    case 'timeout':
      return {state: 'unreachable', code};
    default:
      return {state: 'indeterminate', code};
  }
}

export function isFailure(error: unknown, detail: string): error is DriverError {
  return error instanceof DriverError && error.detail === detail;
}

function classify(name: string, status: number | undefined): readonly [DriverErrorCode, string] {
  const known = byName[name];
  if (known !== undefined) return known;
  if (status !== undefined && status >= 500) return ['unavailable', name];
  return status === 429 ? ['rate-limited', name] : ['rejected', name];
}

/** AWS: "was marked for deletion", "because it was deleted"; moto: "currently marked deleted"; all as InvalidRequestException. */
function isMarkedDeleted(name: string, said: string): boolean {
  return (
    name === 'InvalidRequestException' &&
    /marked (?:for deletion|deleted)|scheduled for deletion|it was deleted/i.test(said)
  );
}

type Read = {
  readonly name: string;
  readonly said: string;
  readonly status?: number | undefined;
  readonly errno?: string;
};

function read(thrown: unknown): Read {
  if (!(thrown instanceof Error)) return {name: 'UnknownError', said: ''};
  const status: unknown = Object(Reflect.get(thrown, '$metadata')).httpStatusCode;
  if (typeof status !== 'number') return {name: thrown.name, said: '', errno: errnoOf(thrown)};
  const name = thrown.name === 'SyntaxError' ? 'ProtocolError' : thrown.name;
  return {name, said: thrown.message, status};
}

function errnoOf(thrown: Error): string {
  if (thrown.name === 'AbortError') return 'ABORTED';
  if (thrown.name === 'TimeoutError') return 'TIMEOUT';
  const code: unknown = Reflect.get(thrown, 'code');
  return typeof code === 'string' ? code : 'NO_ANSWER';
}

/** Nobody answered, or not in time: by the errno. */
export function unanswered(cause: unknown, {action, at}: Asked, errno: string): DriverError {
  const isLate = errno === 'TIMEOUT' || errno === 'ABORTED' || errno === 'ETIMEDOUT';
  return new DriverError(
    `Expected AWS at ${at} to answer ${action}, got ${isLate ? 'nothing in time' : errno}. Is the endpoint the right one, and reachable from here?`,
    {code: isLate ? 'timeout' : 'unreachable', retryable: true, detail: errno, cause},
  );
}

function named(
  code: DriverErrorCode,
  detail: string,
  others: readonly string[],
): Record<string, readonly [DriverErrorCode, string]> {
  return Object.fromEntries([detail, ...others].map((name) => [name, [code, detail]]));
}
