import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Context, Probe} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {readBody} from './answers.ts';
import {observeTrouble} from './failure.ts';
import {selfAnswer} from './known-tokens.ts';
import type {VaultSession} from './session.ts';
import {lookUpAccessor} from './token-accessors.ts';

const input = z.strictObject({
  token: secretString('token').meta({description: 'The token to ask with, such as one that was captured'}),
});

/**
 * Used, and not looked up: an administrator's look-up may still find a token that no longer works. One that is refused is
 * looked up all the same, since a token whose entity is disabled is refused as a dead one is, and lives.
 */
export const token: Probe<z.infer<typeof input>, VaultSession> = {
  description: 'Whether a token still works, by using it; one that is refused and not gone is disarmed.',
  input,
  needs: () => [{path: 'auth/token/lookup-accessor', capabilities: ['update']}],
  carriesCredential: () => true,
  observe: async ({token: held}, ctx) => {
    try {
      const status = await lookUpSelf(held, ctx);
      if (status === 200) return {state: 'allowed', code: '200', ...endOf(held, ctx)};
      if (status !== 403 && status !== 401) return {state: 'indeterminate', code: String(status)};
      return {state: 'denied', code: String(status), ...(await whatIsLeft(held, ctx))};
    } catch (error) {
      return observeTrouble(error);
    }
  },
};

/** Asks with the token itself, and keeps what it tells of itself: once it is refused it tells nothing. Gives the status. */
export async function lookUpSelf(held: string, {connection, signal}: Context<VaultSession>): Promise<number> {
  const answer = await connection.askAs(held, {method: 'GET', path: 'auth/token/lookup-self', signal});
  if (answer.status === 200) {
    const {accessor, type, ttl, expire_time: expires} = readBody(selfAnswer, answer, 'a token').data;
    const isEndless = expires === null || expires === undefined;
    connection.knownTokens.learn(held, {accessor, isBatch: type === 'batch', ttlSeconds: ttl, isEndless});
  }
  return answer.status;
}

function endOf(held: string, {connection}: Context<VaultSession>): Pick<Observation, 'until'> {
  const endsAt = connection.knownTokens.of(held)?.endsAt;
  return endsAt === undefined ? {} : {until: Math.round(endsAt)};
}

/** What a refused token still is: nothing, where it is gone. A batch token can't be looked up: until its end it is disarmed at best. */
export async function whatIsLeft(
  held: string,
  ctx: Context<VaultSession>,
): Promise<Pick<Observation, 'surface' | 'until'>> {
  const known = ctx.connection.knownTokens.of(held);
  if (known === undefined) return {};
  if (known.isBatch) {
    const hasEnded = known.endsAt !== undefined && ctx.clock.now() > known.endsAt + endMarginMs;
    return hasEnded ? {} : {surface: 'disarmed', ...endOf(held, ctx)};
  }
  const left = await lookUpAccessor(known.accessor, ctx);
  if (left === undefined) return {};
  const until = left.isEndless ? {} : {until: Math.round(ctx.clock.now() + left.ttlSeconds * 1000)};
  return {surface: 'disarmed', ...until};
}

/** A server counts in whole seconds. */
const endMarginMs = 1000;
