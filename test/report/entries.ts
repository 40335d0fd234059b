import type {ObservationState} from '../../src/contract/observation.ts';
import type {Entry, EventData, EventType, ProbeChange} from '../../src/journal/entries.ts';

/** One entry as a progress gets it. */
export function entry<T extends EventType>(type: T, data: EventData<T>): Entry {
  return {v: 1, seq: 0, time: '2026-01-01T00:00:00Z', prev: '', type, data} as unknown as Entry;
}

/** What a probe came to see, an access of the first generation unless it is said otherwise. */
export function probeChange(probe: string, to: ObservationState, more: Partial<ProbeChange> = {}): Entry {
  return entry('probe.changed', {
    probe,
    role: 'access',
    generation: 1,
    phase: 'settle',
    to,
    code: '200',
    sentAt: 0,
    receivedAt: 4,
    ...more,
  });
}
