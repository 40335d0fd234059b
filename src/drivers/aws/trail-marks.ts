import * as z from 'zod';

const markSchema = z.object({
  account: z.string(),
  region: z.string(),
  /** `begin` and `end` are the first and the last call of one process of the run. */
  phase: z.string(),
  /** The access key of the session that made it. */
  key: z.string(),
  /** As CloudTrail writes it beside the call. */
  requestId: z.string(),
  /** By this machine's clock, in milliseconds since the epoch. */
  at: z.number(),
});

/** A call of the run's own that tells in CloudTrail where one of its phases began, so that no clock is trusted. */
export type TrailMark = z.infer<typeof markSchema>;

/** As one id, by which another process of the run knows it again. */
export function markOf(mark: TrailMark): string {
  return JSON.stringify(mark);
}

/** Of one account, in the order in which they were made. */
export function readMarks(ids: readonly string[], account: string): readonly TrailMark[] {
  return ids
    .flatMap((id) => markSchema.safeParse(JSON.parse(id)).data ?? [])
    .filter((mark) => mark.account === account)
    .toSorted((a, b) => a.at - b.at);
}
