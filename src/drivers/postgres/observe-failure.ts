import {DriverError} from '../../contract/driver-error.ts';
import type {Observation} from '../../contract/observation.ts';

/** What a failed question says of the credential that it was asked with. */
export function observeRefusal(error: unknown): Observation {
  return isRefusal(error) ? {state: 'denied', code: codeOf(error)} : observeTrouble(error);
}

/**
 * What the end of a held session says. Only the server's own word is a denial: a socket that is gone may be the network's
 * doing, and what the client says afterwards proves nothing.
 */
export function observeHeldRefusal(error: unknown): Observation {
  const code = codeOf(error);
  if (!isRefusal(error) && code !== '57P01') return {state: 'indeterminate', code};
  // A missing right leaves the session open: whoever grants it again brings it back.
  return code === '42501' ? {state: 'denied', code, surface: 'disarmed'} : {state: 'denied', code};
}

/** What a failed question says where no refusal of it would count, since it was not asked with what must die. */
export function observeTrouble(error: unknown): Observation {
  const code = codeOf(error);
  const isSilent = error instanceof DriverError && (error.code === 'unreachable' || error.detail === 'TIMEOUT');
  return {state: isSilent ? 'unreachable' : 'indeterminate', code};
}

function isRefusal(error: unknown): boolean {
  return error instanceof DriverError && (error.code === 'unauthenticated' || error.code === 'forbidden');
}

function codeOf(error: unknown): string {
  if (!(error instanceof DriverError)) throw error;
  return error.detail ?? error.code;
}
