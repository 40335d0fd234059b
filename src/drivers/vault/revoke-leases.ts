import * as z from 'zod';
import type {Action, Inspection} from '../../contract/operation.ts';
import {pathField} from './fields.ts';
import {leaseListNeeds, listLeases, lookUpLease, revokeLease, stuck} from './leases.ts';
import {leaseScope} from './scope.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  prefix: pathField.meta({description: 'The path below which all leases are revoked'}),
});
type State = {readonly leases: readonly string[]};

/** One by one, each waited for: a revocation by prefix stops at the first failure and leaves the others. */
export const revokeLeases: Action<z.infer<typeof input>, State, VaultSession> = {
  description: 'Revokes every lease below a path, and waits until the system behind it has done so.',
  input,
  effect: 'revokes',
  needs: ({prefix}) => [
    ...leaseListNeeds(prefix),
    {path: `sys/leases/revoke/${prefix}/*`, capabilities: ['update']},
    {path: 'sys/leases/lookup', capabilities: ['update']},
  ],
  scope: ({prefix}) => leaseScope(prefix),
  prepare: async ({prefix}, ctx) => ({leases: await ctx.call('leases', () => listLeases(prefix, ctx))}),
  execute: async ({prefix}, state, ctx) => {
    const now = await ctx.call('leases', () => listLeases(prefix, ctx));
    const failures: unknown[] = [];
    for (const lease of new Set([...state.leases, ...now])) {
      try {
        await ctx.call('revoke', () => revokeLease(lease, ctx));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  },
  inspect: async ({prefix}, state, ctx): Promise<Inspection> => {
    const left = await listLeases(prefix, ctx);
    const alive = await Promise.all(left.map(async (lease) => [lease, await lookUpLease(lease, ctx)] as const));
    const refused = alive.filter(([, found]) => found === 'stuck').map(([lease]) => lease);
    if (refused.length > 0) throw stuck(refused);
    const living = alive.filter(([, found]) => found === 'alive').length;
    if (living === 0) return 'applied';
    return living < state.leases.length ? 'partly' : 'not-applied';
  },
};
