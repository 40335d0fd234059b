import type {ObservationState} from '../contract/observation.ts';
import type {Generation, ProbeRole} from '../journal/entries.ts';

/** One sample, for the eye only: what counts is in the journal. */
export type LiveSample = {
  readonly probe: string;
  readonly role: ProbeRole;
  readonly generation: Generation;
  readonly state: ObservationState;
  readonly code: string;
  readonly latencyMs: number;
};
