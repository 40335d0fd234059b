import * as z from 'zod';
import type {Action} from '../../contract/operation.ts';
import {approleMount, deliverToField, roleField} from './fields.ts';
import {approleScope} from './scope.ts';
import {destroySecretId, isSecretIdAlive, listSecretIds, rolePath} from './secret-ids.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  role: roleField,
  mount: approleMount,
  'deliver-to': deliverToField
    .optional()
    .meta({description: 'Where the rollback delivers a new secret-id; needed for its own rollback'}),
});
type State = {readonly secretIds: readonly string[]};

export const destroySecretIds: Action<z.infer<typeof input>, State, VaultSession> = {
  description: 'Destroys every secret-id of an AppRole.',
  input,
  effect: 'revokes',
  needs: (of) => [
    {path: `${rolePath(of, 'secret-id')}/`, capabilities: ['list']},
    {path: rolePath(of, 'secret-id-accessor', 'lookup'), capabilities: ['update']},
    {path: rolePath(of, 'secret-id-accessor', 'destroy'), capabilities: ['update']},
  ],
  scope: approleScope,
  prepare: async (of, ctx) => ({secretIds: await ctx.call('secret-ids', () => listSecretIds(of, ctx))}),
  execute: async (of, state, ctx) => {
    const now = await ctx.call('secret-ids', () => listSecretIds(of, ctx));
    for (const accessor of new Set([...state.secretIds, ...now])) {
      await ctx.call('destroy', () => destroySecretId(of, accessor, ctx));
    }
  },
  inspect: async (of, state, ctx) => {
    const noted = await Promise.all(state.secretIds.map((accessor) => isSecretIdAlive(of, accessor, ctx)));
    const others = (await listSecretIds(of, ctx)).filter((accessor) => !ctx.owns('secret-id', accessor));
    if (noted.every((alive) => !alive) && others.length === 0) return 'applied';
    return noted.length > 0 && noted.every(Boolean) ? 'not-applied' : 'partly';
  },
  rollback: {
    uses: 'vault/issue-secret-id',
    with: ({role, mount, 'deliver-to': deliverTo}) => ({role, mount, 'deliver-to': deliverTo}),
  },
};
