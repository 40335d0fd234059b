import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {refusedBy} from './failure.ts';
import type {VaultSession} from './session.ts';
import {lookUpSelf} from './token.ts';
import {lookUpAccessor} from './token-accessors.ts';

/** When something ends by itself, in milliseconds since the epoch; undefined once it has. */
export type End = number | undefined;

/** A batch token can't be looked up once it is refused; servers count in whole seconds. */
const endMarginMs = 1000;

/** By the token itself while it works, else by what it told before. Throws where it never ends. */
export async function endOfToken(token: string, ctx: Context<VaultSession>): Promise<End> {
  const status = await lookUpSelf(token, ctx);
  const known = ctx.connection.knownTokens.of(token);
  if (known === undefined) throw unknownToken();
  if (!known.isBatch) return endOfAccessor(known.accessor, ctx);
  if (known.endsAt === undefined) throw neverEnds('the token');
  const endsAt = known.endsAt + endMarginMs;
  return status === 200 || ctx.clock.now() < endsAt ? endsAt : undefined;
}

export async function endOfAccessor(accessor: string, ctx: Context<VaultSession>): Promise<End> {
  const found = await lookUpAccessor(accessor, ctx);
  if (found === undefined) return undefined;
  if (found.isEndless) throw neverEnds(`the token of accessor ${accessor}`);
  return ctx.clock.now() + Math.max(0, found.ttlSeconds) * 1000;
}

/** One whose time is over stays until the system behind has taken its part away. */
export async function endOfLease(lease: string, ctx: Context<VaultSession>): Promise<End> {
  const request = {method: 'POST', path: 'sys/leases/lookup', body: {lease_id: lease}, signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (answer.status === 400 || answer.status === 404) return undefined;
  if (answer.status !== 200) throw refusedBy(request, answer, ctx.connection.address);
  return ctx.clock.now() + Math.max(0, readBody(leaseAnswer, answer, 'a lease').data.ttl) * 1000;
}

const leaseAnswer = z.object({data: z.object({ttl: z.number()})});

function neverEnds(what: string): DriverError {
  return new DriverError(`Expected ${what} to end by itself, and it has no end. Revoke it instead.`, {
    code: 'conflict',
    detail: 'no-end',
  });
}

function unknownToken(): DriverError {
  return new DriverError(
    'Expected to know when the token ends, and it was refused before it told. Capture it while it is alive.',
    {code: 'conflict', detail: 'unknown-token'},
  );
}
