import {DriverError, type DriverErrorCode} from '../../contract/driver-error.ts';
import type {ExchangeError} from '../http-exchange.ts';

export type Asked = {
  readonly method: string;
  readonly url: URL;
  /** Whether sending it twice does no more than sending it once. */
  readonly mayRepeat: boolean;
};

/** An answer came, and it says that the change was not made. */
export function refused(asked: Asked, status: number, done: readonly number[]): DriverError {
  const {code, advice, passes = false} = meaningOf(status);
  return new DriverError(`Expected \`${name(asked)}\` to answer ${done.join(' or ')}, got ${status}. ${advice}`, {
    code,
    retryable: passes && asked.mayRepeat,
    detail: String(status),
  });
}

/** No answer came: what was asked for may have happened all the same. */
export function unanswered(asked: Asked, {code: detail, refusal, cause}: ExchangeError): DriverError {
  const expected = `Expected \`${name(asked)}\` to answer, got`;
  if (refusal !== undefined) {
    const message = `${expected} the TLS alert \`${refusal}\`: the client certificate is not accepted. Correct \`tls\`.`;
    return new DriverError(message, {code: 'unauthenticated', detail: refusal, cause});
  }
  switch (detail) {
    case 'TIMEOUT': {
      const message = `${expected} nothing within the time limit. It may have happened all the same. Look, or give it a longer \`timeout\`.`;
      return new DriverError(message, {code: 'timeout', retryable: asked.mayRepeat, detail, cause});
    }
    case 'ABORTED': {
      const message = `\`${name(asked)}\` was ended before it was answered. It may have happened all the same.`;
      return new DriverError(message, {code: 'failed', detail: 'aborted', cause});
    }
    case 'PROTOCOL': {
      const message = `${expected} something that is not HTTP. Correct the address, or its headers.`;
      return new DriverError(message, {code: 'protocol', detail, cause});
    }
    default: {
      const message = `${expected} ${detail}. Start what should answer there, or correct the address.`;
      return new DriverError(message, {code: 'unreachable', retryable: asked.mayRepeat, detail, cause});
    }
  }
}

/** Without its parameters, which may hold a credential. */
function name({method, url}: Asked): string {
  return `${method} ${url.origin}${url.pathname}`;
}

type Meaning = {readonly code: DriverErrorCode; readonly advice: string; readonly passes?: boolean};

function meaningOf(status: number): Meaning {
  const known = meanings.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return {code: 'unavailable', advice: 'Look at its log.', passes: true};
  if (status >= 400) return {code: 'rejected', advice: 'Correct what is sent.'};
  const redirects = status >= 300;
  return {
    code: 'protocol',
    advice: redirects
      ? 'Redirects are not followed here: give the address that they lead to.'
      : 'List it in `status` if it means that it is done.',
  };
}

const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [401, {code: 'unauthenticated', advice: 'Correct the credential in its `headers`.'}],
  [403, {code: 'forbidden', advice: 'Give the credential in its `headers` the right to do this.'}],
  [404, {code: 'not-found', advice: 'Correct its path, or list it in `status` if it means that it is done.'}],
  [410, {code: 'not-found', advice: 'List it in `status` if it means that it is done.'}],
  [409, {code: 'conflict', advice: 'Bring it into a state in which this can be done.'}],
  [412, {code: 'conflict', advice: 'Bring it into a state in which this can be done.'}],
  [423, {code: 'conflict', advice: 'Bring it into a state in which this can be done.'}],
  [429, {code: 'rate-limited', advice: 'Ask less often.', passes: true}],
]);
