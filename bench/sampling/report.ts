import * as z from 'zod';
import {mean, quantile} from '../statistics.ts';

/** What one clock did: for each sample when it was due and when it was sent, in milliseconds, and how many were due in all. */
export type Timeline = {readonly samples: {readonly dueAt: number; readonly sentAt: number}[]; due: number};

export const samplingReport = z.object({
  /** Samples taken of a hundred due. */
  taken: z.number(),
  /** 99 of 100 intervals are not longer; by the nominal one. */
  intervalP99: z.number(),
  /** How far from its due time a sample is sent, early or late; the mean. */
  latenessMs: z.number(),
  /** Lateness of the last quarter less that of the first. */
  growthMs: z.number(),
  cpuMs: z.number(),
});
export type SamplingReport = z.infer<typeof samplingReport>;

export function reportSampling(timelines: readonly Timeline[], everyMs: number, cpuMs: number): SamplingReport {
  const due = timelines.reduce((total, timeline) => total + timeline.due, 0);
  const taken = timelines.reduce((total, {samples}) => total + samples.length, 0);
  const intervals = timelines.flatMap(({samples}) =>
    samples.slice(1).map(({sentAt}, index) => sentAt - (samples[index]?.sentAt ?? sentAt)),
  );
  const off = timelines.map(({samples}) => samples.map(({sentAt, dueAt}) => Math.abs(sentAt - dueAt)));
  const offIn = (from: number, to: number): number =>
    mean(off.flatMap((each) => each.slice(Math.floor(each.length * from), Math.ceil(each.length * to))));
  return {
    taken: (100 * taken) / due,
    intervalP99: quantile(intervals, 0.99) / everyMs,
    latenessMs: mean(off.flat()),
    growthMs: offIn(0.75, 1) - offIn(0, 0.25),
    cpuMs,
  };
}
