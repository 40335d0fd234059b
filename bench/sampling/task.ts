import * as z from 'zod';

export const everyMs = 100;

/** What one process is to sample. The first of `probes` asks what answers after a second, where `hasSlow`. */
export const samplingTask = z.object({
  url: z.string(),
  probes: z.number(),
  hasSlow: z.boolean(),
  warmUpMs: z.number(),
  samplingMs: z.number(),
  folder: z.string(),
});
export type SamplingTask = z.infer<typeof samplingTask>;

export function urlOf({url, hasSlow}: SamplingTask, probe: number): URL {
  return new URL(hasSlow && probe === 0 ? '/slow' : '/', url);
}

/** One that can't answer in time is beside the question: what counts is whether it holds up the others. */
export function counts({hasSlow}: SamplingTask, probe: number): boolean {
  return !(hasSlow && probe === 0);
}
