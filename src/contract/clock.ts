/** The only source of time: one wall-clock reading at the start, carried on by a monotonic clock, so that a clock set back moves nothing. */
export type Clock = {
  /** Milliseconds since the epoch, with fractions; never runs backwards. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** Beyond this the times of two systems can't be read side by side, and a run refuses to begin. */
export const largestSkewMs = 60_000;
