import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import {durationField, exactlyOneOf} from '../../contract/fields.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {renderDuration} from '../../util/duration.ts';
import {type End, endOfAccessor, endOfLease, endOfToken} from './ends.ts';
import {approleMount, pathField, roleField} from './fields.ts';
import {heldSchema} from './holdings.ts';
import {leaseListNeeds, listLeases} from './leases.ts';
import {everywhere} from './scope.ts';
import type {VaultSession} from './session.ts';

const sources = ['token', 'approle', 'prefix', 'holdings', 'leases'] as const;

const input = z
  .strictObject({
    token: secretString('token').optional().meta({description: 'A token that was captured; a batch token too'}),
    approle: roleField.optional().meta({description: 'Every token that this AppRole logged in, found anew each time'}),
    mount: approleMount,
    prefix: pathField.optional().meta({description: 'Every lease below this path, found anew each time'}),
    holdings: heldSchema.optional().meta({description: 'What `vault/holdings` captured: its tokens and leases'}),
    leases: z.array(z.string()).min(1).optional().meta({description: 'Ids of leases that were captured'}),
    'at-most': durationField.meta({
      description: 'How long it may take; longer ones are refused before anything is changed',
    }),
  })
  .check(exactlyOneOf(...sources));
type Input = z.infer<typeof input>;

/** Nothing is revoked. What is renewed meanwhile by whoever holds it is not over, and the limit tells. */
export const waitForExpiry: Action<Input, undefined, VaultSession> = {
  description: 'Waits until tokens or leases have ended by themselves, with a limit; revokes nothing.',
  input,
  effect: 'expires',
  needs: ({approle, prefix}) => [
    {path: 'auth/token/lookup-accessor', capabilities: ['update']},
    {path: 'sys/leases/lookup', capabilities: ['update']},
    ...(approle === undefined ? [] : [{path: 'auth/token/accessors/', capabilities: ['list', 'sudo']}]),
    ...(prefix === undefined ? [] : leaseListNeeds(prefix)),
  ],
  scope: () => everywhere,
  prepare: async (given, ctx) => {
    const longest = Math.max(0, ...(await ctx.call('look-up', () => endsOf(given, ctx))).map(({at}) => at));
    const leftMs = longest - ctx.clock.now();
    if (leftMs > given['at-most']) throw tooLong(given, leftMs);
    return undefined;
  },
  execute: async (given, _state, ctx) => {
    const deadline = ctx.clock.now() + given['at-most'];
    const shown = new Map<string, number>();
    for (;;) {
      const left = await ctx.call('look-up', () => endsOf(given, ctx));
      if (left.length === 0) return;
      for (const {what, at} of left) {
        if (Math.abs((shown.get(what) ?? 0) - at) > sameEndMs) ctx.draining(what, Math.round(at));
        shown.set(what, at);
      }
      const now = ctx.clock.now();
      const ends = left.map(({at}) => at).sort((a, b) => a - b);
      if (now >= deadline) throw notOver(given, left.length, (ends.at(-1) ?? now) - now);
      const next = ends[0] ?? now;
      // A server ends what is over within a second, and may be asked a little early.
      await ctx.clock.sleep(Math.min(Math.max(pauseMs, next - now), longestPauseMs, deadline - now), ctx.signal);
    }
  },
  inspect: async (given, _state, ctx) => ((await endsOf(given, ctx)).length === 0 ? 'applied' : 'not-applied'),
};

const pauseMs = 100;
const longestPauseMs = 1000;
const sameEndMs = 2000;

/** Those that live, and when each ends. */
async function endsOf(given: Input, ctx: Context<VaultSession>): Promise<readonly {what: string; at: number}[]> {
  const {token, approle, mount, prefix, holdings} = given;
  const {connection, signal} = ctx;
  const tokens =
    approle === undefined ? (holdings?.tokens ?? []) : await connection.inventory.livingOf({approle, mount}, signal);
  const leases = prefix === undefined ? (given.leases ?? holdings?.leases ?? []) : await listLeases(prefix, ctx);
  const found = await Promise.all([
    ...(token === undefined ? [] : [endAs('the captured token', endOfToken(token, ctx))]),
    ...tokens.map(({accessor}) => endAs(`token of accessor ${accessor}`, endOfAccessor(accessor, ctx))),
    ...leases.map((lease) => endAs(`lease ${lease}`, endOfLease(lease, ctx))),
  ]);
  return found.flatMap(({what, at}) => (at === undefined ? [] : [{what, at}]));
}

async function endAs(what: string, end: Promise<End>): Promise<{what: string; at: End}> {
  return {what, at: await end};
}

function tooLong(given: Input, leftMs: number): DriverError {
  return new DriverError(
    `Expected all of it to end by itself within ${renderDuration(given['at-most'])}, and it lives for ${renderDuration(leftMs)} more. Revoke it, shorten its TTL, or raise \`at-most\`.`,
    {code: 'conflict', detail: 'lives-longer'},
  );
}

function notOver(given: Input, count: number, leftMs: number): DriverError {
  const found =
    leftMs > 0
      ? `${count} live on, for ${renderDuration(leftMs)} more. Who renews them? Stop that first`
      : `the time of ${count} is over, and the system behind has not taken its part away. Look at Vault's log`;
  return new DriverError(
    `Expected all of it to end by itself within ${renderDuration(given['at-most'])}, and ${found}.`,
    {code: 'conflict', detail: leftMs > 0 ? 'renewed' : 'not-taken-away'},
  );
}
