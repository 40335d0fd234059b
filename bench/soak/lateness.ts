import {median} from '../statistics.ts';

export type SentSample = {readonly probe: string; readonly sentAt: number};

/**
 * How far each sample is from its probe's own beat, in milliseconds. A clock that keeps fixed times has the same phase for
 * ever; the phase of the first tenth is taken for the right one, and what is asked beside the clock is one sample of thousands.
 */
export function latenessOf(samples: readonly SentSample[], everyMs: number): readonly {at: number; lateMs: number}[] {
  return [...Map.groupBy(samples, ({probe}) => probe).values()].flatMap((ofProbe) => {
    const first = ofProbe[0]?.sentAt ?? 0;
    const offBeat = ({sentAt}: SentSample, beat: number): number => wrap(sentAt - beat, everyMs);
    const early = ofProbe.slice(0, Math.max(1, Math.floor(ofProbe.length / 10)));
    const beat = first + median(early.map((sample) => offBeat(sample, first)));
    return ofProbe.map((sample) => ({at: sample.sentAt, lateMs: offBeat(sample, beat)}));
  });
}

/** Into half an interval before and after. */
function wrap(ms: number, everyMs: number): number {
  return ms - Math.round(ms / everyMs) * everyMs;
}
