import * as z from 'zod';
import type {Action, Context} from '../../contract/operation.ts';
import {refusedBy} from './failure.ts';
import {approleMount, roleField} from './fields.ts';
import {isTokenAlive} from './holdings.ts';
import {approleScope} from './scope.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({approle: roleField, mount: approleMount});
type State = {readonly tokens: readonly string[]};

/** Tokens are found anew when it is done, and again when it is read back: a login in between is revoked, or seen. */
export const revokeTokens: Action<z.infer<typeof input>, State, VaultSession> = {
  description: 'Revokes every token that an AppRole logged in.',
  input,
  effect: 'revokes',
  needs: () => [
    {path: 'auth/token/accessors/', capabilities: ['list', 'sudo']},
    {path: 'auth/token/lookup-accessor', capabilities: ['update']},
    {path: 'auth/token/revoke-accessor', capabilities: ['update']},
  ],
  scope: ({approle, mount}) => approleScope({role: approle, mount}),
  prepare: async ({approle, mount}, ctx) => {
    const tokens = await ctx.call('tokens', () => ctx.connection.tokensOf(approle, mount, ctx.signal));
    return {tokens: tokens.map(({accessor}) => accessor)};
  },
  execute: async ({approle, mount}, state, ctx) => {
    const now = await ctx.call('tokens', () => ctx.connection.tokensOf(approle, mount, ctx.signal));
    for (const accessor of new Set([...state.tokens, ...now.map((token) => token.accessor)])) {
      await ctx.call('revoke', () => revokeByAccessor(accessor, ctx));
    }
  },
  inspect: async ({approle, mount}, state, ctx) => {
    const now = await ctx.connection.tokensOf(approle, mount, ctx.signal);
    const accessors = [...new Set([...state.tokens, ...now.map((token) => token.accessor)])];
    const alive = await Promise.all(accessors.map((accessor) => isTokenAlive(accessor, ctx)));
    const living = alive.filter(Boolean).length;
    if (living === 0) return 'applied';
    return living < accessors.length ? 'partly' : 'not-applied';
  },
};

/** An accessor that is gone, or on its way out, is no error: the read-back tells. */
async function revokeByAccessor(accessor: string, ctx: Context<VaultSession>): Promise<void> {
  const request = {method: 'POST', path: 'auth/token/revoke-accessor', body: {accessor}, signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (![200, 202, 204, 400, 404].includes(answer.status)) throw refusedBy(request, answer, ctx.connection.address);
}
