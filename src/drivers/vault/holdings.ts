import * as z from 'zod';
import {identifierField} from '../../contract/fields.ts';
import type {Capture, Probe} from '../../contract/operation.ts';
import {batchTokensLeft, readBatchTokens} from './batch-tokens.ts';
import {observeTrouble} from './failure.ts';
import {approleMount, databaseMount, roleField} from './fields.ts';
import {listLeases, lookUpLease} from './leases.ts';
import {approleScope, databaseScope} from './scope.ts';
import {isSecretIdAlive, listSecretIds, rolePath} from './secret-ids.ts';
import type {VaultSession} from './session.ts';
import {isTokenAlive} from './token-accessors.ts';

const input = z.strictObject({
  approle: roleField,
  mount: approleMount,
  'database-role': identifierField
    .optional()
    .meta({description: 'The role of the database engine whose leases it holds'}),
  'database-mount': databaseMount,
});

export const heldSchema = z.object({
  approle: z.string(),
  mount: z.string(),
  tokens: z.array(z.object({accessor: z.string(), policies: z.array(z.string())})),
  leases: z.array(z.string()),
  secretIds: z.array(z.string()).meta({description: 'Accessors of secret-ids'}),
  entities: z.array(z.string()).default([]).meta({description: 'Ids of the entities that its tokens act as'}),
  /** Nobody can list or revoke batch tokens: how long one lives that the role gave out last. */
  batch: z.object({livesForMs: z.number()}).optional(),
});
type Held = z.infer<typeof heldSchema>;

const scanNeeds = [
  {path: 'auth/token/accessors/', capabilities: ['list', 'sudo']},
  {path: 'auth/token/lookup-accessor', capabilities: ['update']},
];

/** What the integration itself holds, and nothing that the run made. */
export const holdings: Capture<z.infer<typeof input>, Held, VaultSession> = {
  description: 'The tokens, leases and secret-ids that an AppRole really holds; of batch tokens, how long they live.',
  kind: 'taken',
  input,
  output: heldSchema,
  needs: (given) => [
    ...scanNeeds,
    {path: rolePath({role: given.approle, mount: given.mount}), capabilities: ['read']},
    {path: `${rolePath({role: given.approle, mount: given.mount}, 'secret-id')}/`, capabilities: ['list']},
    {
      path: rolePath({role: given.approle, mount: given.mount}, 'secret-id-accessor', 'lookup'),
      capabilities: ['update'],
    },
    {path: 'sys/leases/lookup', capabilities: ['update']},
    ...(given['database-role'] === undefined
      ? []
      : [
          {
            path: `sys/leases/lookup/${given['database-mount']}/creds/${given['database-role']}/`,
            capabilities: ['list', 'sudo'],
          },
        ]),
  ],
  scope: (given) => [
    ...approleScope({role: given.approle, mount: given.mount}),
    ...(given['database-role'] === undefined
      ? []
      : databaseScope({role: given['database-role'], mount: given['database-mount']})),
  ],
  take: async (given, ctx) => {
    const {approle, mount, 'database-role': databaseRole, 'database-mount': databaseMountPath} = given;
    const of = {role: approle, mount};
    const tokens = await ctx.call('tokens', () => ctx.connection.inventory.livingOf({approle, mount}, ctx.signal));
    const leases =
      databaseRole === undefined
        ? []
        : await ctx.call('leases', () => listLeases(`${databaseMountPath}/creds/${databaseRole}`, ctx));
    const secretIds = await ctx.call('secret-ids', () => listSecretIds(of, ctx));
    const batch = await ctx.call('role', () => readBatchTokens(of, ctx));
    return {
      approle,
      mount,
      tokens: tokens
        .filter(({accessor}) => !ctx.owns('token', accessor))
        .map(({accessor, policies}) => ({accessor, policies: [...policies]})),
      leases: leases.filter((lease) => !ctx.owns('lease', lease)),
      secretIds: [...secretIds],
      entities: [...new Set(tokens.map(({entity}) => entity).filter((id) => id !== ''))],
      ...(batch === undefined ? {} : {batch}),
    };
  },
  count: ({tokens, leases, secretIds}) => tokens.length + leases.length + secretIds.length,
};

const aliveInput = z.strictObject({holdings: heldSchema.meta({description: 'What `vault/holdings` captured'})});

/** Asks about each anew, the dead ones too: what came back to life would be missed otherwise. */
export const holdingsAlive: Probe<z.infer<typeof aliveInput>, VaultSession> = {
  description: 'Whether anything of what was captured is still alive.',
  input: aliveInput,
  needs: () => [
    {path: 'auth/token/lookup-accessor', capabilities: ['update']},
    {path: 'sys/leases/lookup', capabilities: ['update']},
  ],
  carriesCredential: () => true,
  observe: async ({holdings: held}, ctx) => {
    const of = {role: held.approle, mount: held.mount};
    try {
      const [tokens, leases, secretIds] = await Promise.all([
        countAlive(held.tokens, ({accessor}) => isTokenAlive(accessor, ctx)),
        countAlive(held.leases, async (lease) => (await lookUpLease(lease, ctx)) !== 'gone'),
        countAlive(held.secretIds, (accessor) => isSecretIdAlive(of, accessor, ctx)),
      ]);
      const facts = {tokens, leases, secretIds};
      const left = held.batch === undefined ? {} : await batchTokensLeft(of, held.batch.livesForMs, ctx);
      const alive = tokens + leases + secretIds;
      return alive > 0
        ? {state: 'allowed', code: 'alive', facts}
        : {state: 'denied', code: 'none-alive', facts, ...left};
    } catch (error) {
      return observeTrouble(error);
    }
  },
};

async function countAlive<T>(items: readonly T[], isAlive: (item: T) => Promise<boolean>): Promise<number> {
  const alive = await Promise.all(items.map(isAlive));
  return alive.filter(Boolean).length;
}
