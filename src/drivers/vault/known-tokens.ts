import * as z from 'zod';
import type {Clock} from '../../contract/clock.ts';

/** What is known of a token that was captured or asked with: how it is named, and when it ends by itself. */
export type KnownToken = {
  /** Empty for a batch token: nobody can list or revoke one. */
  readonly accessor: string;
  readonly isBatch: boolean;
  /** Milliseconds since the epoch by the clock here; undefined where it never ends. */
  readonly endsAt: number | undefined;
};

/** Lives in memory only, and as long as the connection: a token that is refused no longer tells anything of itself. */
export class KnownTokens {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, KnownToken>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(token: string): KnownToken | undefined {
    return this.#tokens.get(token);
  }

  /** From the answer to a login or to a look-up: the server counts what is left from that answer, so that no clock is compared. */
  learn(
    token: string,
    told: {
      readonly accessor: string;
      readonly isBatch: boolean;
      readonly ttlSeconds: number;
      readonly isEndless: boolean;
    },
  ): KnownToken {
    const {accessor, isBatch, ttlSeconds, isEndless} = told;
    const endsAt = isEndless ? undefined : this.#clock.now() + ttlSeconds * 1000;
    const known = {accessor, isBatch, endsAt};
    this.#tokens.set(token, known);
    return known;
  }
}

export const selfAnswer = z.object({
  data: z.object({
    accessor: z.string().default(''),
    type: z.string().default('service'),
    ttl: z.number().default(0),
    /** Null for one that never ends. */
    expire_time: z.string().nullish(),
    policies: z.array(z.string()).nullish(),
    entity_id: z.string().default(''),
  }),
});
