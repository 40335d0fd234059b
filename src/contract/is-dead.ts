import type {ObservationState} from './observation.ts';
import type {AccessRecord} from './plan-record.ts';

/** Whether a state counts as removed. Stopped is not revoked: `unreachable` never removes what carries a credential. */
export function isDead(access: Pick<AccessRecord, 'expect' | 'carriesCredential'>, state: ObservationState): boolean {
  if (state === 'allowed' || state === 'indeterminate') return false;
  if (state === 'unreachable' && access.carriesCredential) return false;
  return access.expect.includes(state);
}
