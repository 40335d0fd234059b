import * as z from 'zod';
import {exactlyOneOf, identifierField} from '../../contract/fields.ts';
import type {Action} from '../../contract/operation.ts';
import {loginPath} from './audit-users.ts';
import {approleMount, roleField} from './fields.ts';
import type {Owner} from './held-tokens.ts';
import {approleScope, everywhere} from './scope.ts';
import type {VaultSession} from './session.ts';
import {isTokenAlive, revokeByAccessor} from './token-accessors.ts';

const input = z
  .strictObject({
    approle: roleField.optional().meta({description: 'All that this AppRole logged in'}),
    mount: approleMount,
    'token-role': identifierField.optional().meta({description: 'All that were created by this token role'}),
    entity: identifierField.optional().meta({description: 'All of the entity with this id, whatever it logged in by'}),
  })
  .check(exactlyOneOf('approle', 'token-role', 'entity'));
type Input = z.infer<typeof input>;
type State = {readonly tokens: readonly string[]};

/** Tokens are found anew when it is done, and again when it is read back: a login in between is revoked, or seen. */
export const revokeTokens: Action<Input, State, VaultSession> = {
  description: 'Revokes every token of an AppRole, of a token role or of an entity. Batch tokens can’t be revoked.',
  input,
  effect: 'revokes',
  takes: ({approle, mount}) => (approle === undefined ? [] : [loginPath({role: approle, mount})]),
  needs: () => [
    {path: 'auth/token/accessors/', capabilities: ['list', 'sudo']},
    {path: 'auth/token/lookup-accessor', capabilities: ['update']},
    {path: 'auth/token/revoke-accessor', capabilities: ['update']},
  ],
  scope: ({approle, mount}) => (approle === undefined ? everywhere : approleScope({role: approle, mount})),
  prepare: async (given, ctx) => {
    const tokens = await ctx.call('tokens', () => ctx.connection.inventory.livingOf(ownerOf(given), ctx.signal));
    return {tokens: tokens.map(({accessor}) => accessor)};
  },
  execute: async (given, state, ctx) => {
    const now = await ctx.call('tokens', () => ctx.connection.inventory.livingOf(ownerOf(given), ctx.signal));
    for (const accessor of new Set([...state.tokens, ...now.map((token) => token.accessor)])) {
      await ctx.call('revoke', () => revokeByAccessor(accessor, ctx));
    }
  },
  inspect: async (given, state, ctx) => {
    const now = await ctx.connection.inventory.livingOf(ownerOf(given), ctx.signal);
    const accessors = [...new Set([...state.tokens, ...now.map((token) => token.accessor)])];
    const alive = await Promise.all(accessors.map((accessor) => isTokenAlive(accessor, ctx)));
    const living = alive.filter(Boolean).length;
    if (living === 0) return 'applied';
    return living < accessors.length ? 'partly' : 'not-applied';
  },
};

function ownersOf({
  approle,
  mount,
  'token-role': tokenRole,
  entity,
}: {
  readonly approle?: string | undefined;
  readonly mount: string;
  readonly 'token-role'?: string | undefined;
  readonly entity?: string | undefined;
}): readonly Owner[] {
  return [
    ...(approle === undefined ? [] : [{approle, mount}]),
    ...(tokenRole === undefined ? [] : [{tokenRole}]),
    ...(entity === undefined ? [] : [{entity}]),
  ];
}

function ownerOf(given: Input): Owner {
  const [owner] = ownersOf(given);
  if (owner === undefined) throw new Error('Expected an owner of tokens, got none');
  return owner;
}
