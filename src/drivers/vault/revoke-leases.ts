import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import {exactlyOneOf} from '../../contract/fields.ts';
import type {Action, Context, Inspection} from '../../contract/operation.ts';
import {pathField} from './fields.ts';
import {leaseListNeeds, listLeases, lookUpLease, revokeLease, stuck} from './leases.ts';
import {everywhere, leaseScope} from './scope.ts';
import type {VaultSession} from './session.ts';

const input = z
  .strictObject({
    prefix: pathField.optional().meta({description: 'The path below which all leases are revoked'}),
    leases: z.array(z.string().min(1)).optional().meta({description: 'Ids of leases that were captured'}),
  })
  .check(exactlyOneOf('prefix', 'leases'));
type Input = z.infer<typeof input>;
type State = {readonly leases: readonly string[]};

/** One by one, each waited for: a revocation by prefix stops at the first failure and leaves the others. */
export const revokeLeases: Action<Input, State, VaultSession> = {
  description: 'Revokes every lease below a path, or those captured, and waits until the system behind has done so.',
  input,
  effect: 'revokes',
  takes: ({prefix}) => (prefix === undefined ? [] : [prefix, `${prefix}/*`]),
  needs: ({prefix}) => [
    {path: `sys/leases/revoke/${prefix === undefined ? '' : `${prefix}/`}*`, capabilities: ['update']},
    ...(prefix === undefined ? [] : leaseListNeeds(prefix)),
    {path: 'sys/leases/lookup', capabilities: ['update']},
  ],
  scope: ({prefix}) => (prefix === undefined ? everywhere : leaseScope(prefix)),
  prepare: async (given, ctx) => ({leases: await ctx.call('leases', () => meantBy(given, ctx))}),
  execute: async (given, state, ctx) => {
    const now = await ctx.call('leases', () => meantBy(given, ctx));
    const refused: string[] = [];
    const failures: unknown[] = [];
    for (const lease of new Set([...state.leases, ...now])) {
      try {
        await ctx.call('revoke', () => revokeLease(lease, ctx));
      } catch (error) {
        if (error instanceof DriverError && error.detail === 'revocation-failed') refused.push(lease);
        else failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    if (refused.length > 0) throw stuck(refused);
  },
  inspect: async (given, state, ctx): Promise<Inspection> => {
    const meant = new Set([...state.leases, ...(await meantBy(given, ctx))]);
    const found = await Promise.all([...meant].map(async (lease) => [lease, await lookUpLease(lease, ctx)] as const));
    const refused = found.filter(([, is]) => is === 'stuck').map(([lease]) => lease);
    if (refused.length > 0) throw stuck(refused);
    const living = found.filter(([, is]) => is === 'alive').length;
    if (living === 0) return 'applied';
    return living < state.leases.length ? 'partly' : 'not-applied';
  },
};

async function meantBy({prefix, leases}: Input, ctx: Context<VaultSession>): Promise<readonly string[]> {
  return prefix === undefined ? (leases ?? []) : listLeases(prefix, ctx);
}
