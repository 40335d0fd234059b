import type {Entry} from '../../src/journal/entries.ts';
import type {Reading, Row} from '../measurement.ts';

/** Node's timers go off at whole milliseconds. */
const timerStepMs = 1;
/** Both clocks are of this machine, read in whole milliseconds at their start. */
const clockStepMs = 1;

export function denialRow(name: string): Row {
  return {name, unit: 'ms', goal: {kind: 'ratio-always', atMost: 1}};
}

/**
 * How far the run's interval reaches from the server's own time of denial, to the farther side; beside one interval of the
 * probe, one step of a timer and the round trip of the denied sample. Throws where the interval does not hold that time: it would be wrong.
 */
export function readDenial(
  entries: readonly Entry[],
  options: {readonly access: string; readonly deniedSince: number; readonly everyMs: number},
): Required<Reading> {
  const {access, deniedSince, everyMs} = options;
  const denied = entries.find(
    (entry) => entry.type === 'probe.changed' && entry.data.probe === access && entry.data.to === 'denied',
  );
  if (denied?.type !== 'probe.changed') throw new Error(`Expected \`${access}\` to be denied, and it was not.`);
  const {lastAllowedSentAt = Number.NaN, sentAt, receivedAt} = denied.data;
  const before = deniedSince - lastAllowedSentAt;
  const after = receivedAt - deniedSince;
  if (!(before >= -clockStepMs && after >= -clockStepMs)) {
    throw new Error(
      `Expected the interval of \`${access}\` to hold the server's own time, which is ${before.toFixed(2)} ms after its beginning and ${after.toFixed(2)} ms before its end.`,
    );
  }
  return {value: Math.max(before, after), floor: everyMs + timerStepMs + (receivedAt - sentAt)};
}

/** The one that comes nearest to its limit, or passes it by most. */
export function farthest(readings: readonly Required<Reading>[]): Required<Reading> {
  return readings.reduce((worst, reading) =>
    reading.value / reading.floor > worst.value / worst.floor ? reading : worst,
  );
}
