import {DriverError, type DriverErrorCode} from '../../contract/driver-error.ts';
import type {Observation} from '../../contract/observation.ts';
import type {ExchangeError} from '../http-exchange.ts';
import type {VaultAnswer, VaultRequest} from './exchange.ts';

const byStatus: Readonly<Record<number, readonly [DriverErrorCode, boolean, string]>> = {
  400: ['rejected', false, 'Correct what is asked for'],
  401: ['unauthenticated', false, 'Use a live token'],
  403: ['forbidden', false, 'Is the token alive, and may it do this?'],
  404: ['not-found', false, 'Correct the path, or create it'],
  405: ['rejected', false, 'Is another engine mounted there?'],
  429: ['rate-limited', true, 'Wait, or raise the quota'],
  500: ['unavailable', false, 'Look at its log'],
  502: ['unavailable', true, 'Look at its log'],
  503: ['sealed', true, 'Unseal it'],
};

/** An answer that is no success. Vault's own words stay out of it where they could quote what was sent. */
export function refusedBy(
  request: Pick<VaultRequest, 'method' | 'path'>,
  answer: VaultAnswer,
  address: string,
): DriverError {
  const {status} = answer;
  const [code, retryable, todo] = byStatus[status] ?? (['failed', false, 'Look at its log'] as const);
  const said = saidIn(answer);
  const words = said === undefined ? '' : ` (${said})`;
  return new DriverError(
    `Expected Vault at ${address} to do ${request.method} ${request.path}, got ${status}${words}. ${todo}.`,
    {code, retryable, detail: String(status)},
  );
}

export function unanswered(error: ExchangeError, address: string): DriverError {
  const timeout = error.code === 'TIMEOUT' || error.code === 'ABORTED';
  if (error.code === 'PROTOCOL') {
    const message = `Expected Vault at ${address} to speak HTTP, got something else. Correct the address.`;
    return new DriverError(message, {code: 'protocol', detail: error.code, cause: error});
  }
  const message = timeout
    ? `Expected Vault at ${address} to answer in time, got nothing. Is it overloaded, or is something else listening there?`
    : `Expected Vault at ${address} to answer, got ${error.code}. Start it, or correct the address.`;
  return new DriverError(message, {
    code: timeout ? 'timeout' : 'unreachable',
    retryable: !error.tls,
    detail: error.code,
    cause: error,
  });
}

const known = [
  'permission denied',
  'invalid role or secret ID',
  'invalid lease',
  'token not found',
  'invalid accessor',
  'bad token',
  'missing client token',
  'unsupported path',
  'unsupported operation',
  'invalid secret id accessor',
];

/** Those of Vault's own words that are known to quote nothing. */
export function saidIn({body}: VaultAnswer): string | undefined {
  const errors = Array.isArray(body?.errors) ? body.errors.map(String) : [];
  return known.find((words) => errors.some((error) => error.includes(words)));
}

/** What a call that was not answered as hoped says, seen from a probe whose own right is not in question. */
export function observeTrouble(error: unknown): Observation {
  if (!(error instanceof DriverError)) throw error;
  const silent = error.code === 'unreachable' || error.code === 'timeout';
  return {state: silent ? 'unreachable' : 'indeterminate', code: error.detail ?? error.code};
}
