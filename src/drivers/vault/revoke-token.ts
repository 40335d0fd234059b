import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import {exactlyOneOf} from '../../contract/fields.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {everywhere} from './scope.ts';
import type {VaultSession} from './session.ts';
import {lookUpSelf} from './token.ts';
import {isTokenAlive, revokeByAccessor} from './token-accessors.ts';

const input = z
  .strictObject({
    token: secretString('token').optional().meta({description: 'The token, such as one that was captured'}),
    accessor: z.string().min(1).optional().meta({description: 'Its accessor'}),
  })
  .check(exactlyOneOf('token', 'accessor'));
type Input = z.infer<typeof input>;

/** By accessor, after it was found: to revoke a token that does not exist succeeds on nothing. */
export const revokeToken: Action<Input, {readonly accessor: string}, VaultSession> = {
  description: 'Revokes one token, with its children and their leases.',
  input,
  effect: 'revokes',
  needs: () => [
    {path: 'auth/token/lookup-accessor', capabilities: ['update']},
    {path: 'auth/token/revoke-accessor', capabilities: ['update']},
  ],
  scope: () => everywhere,
  prepare: async (given, ctx) => {
    const accessor = given.accessor ?? (await accessorOf(given.token ?? '', ctx));
    if (!(await ctx.call('lookup', () => isTokenAlive(accessor, ctx)))) throw notFound();
    return {accessor};
  },
  execute: async (_given, {accessor}, ctx) => {
    await ctx.call('revoke', () => revokeByAccessor(accessor, ctx));
  },
  inspect: async (_given, {accessor}, ctx) => ((await isTokenAlive(accessor, ctx)) ? 'not-applied' : 'applied'),
};

async function accessorOf(token: string, ctx: Context<VaultSession>): Promise<string> {
  await ctx.call('lookup-self', () => lookUpSelf(token, ctx));
  const known = ctx.connection.knownTokens.of(token);
  if (known === undefined) throw notFound();
  if (known.isBatch) throw batchToken();
  return known.accessor;
}

function notFound(): DriverError {
  return new DriverError(
    'Expected the token that is to be revoked to be alive, and Vault knows none. Correct the accessor, or capture the token first.',
    {code: 'not-found'},
  );
}

function batchToken(): DriverError {
  return new DriverError(
    'Expected a token that can be revoked, got a batch token. Disable its entity (`vault/disable-entity`) and wait until it ends (`vault/wait-for-expiry`).',
    {code: 'conflict', detail: 'batch-token'},
  );
}
