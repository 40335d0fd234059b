import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action} from '../../contract/operation.ts';
import type {Target} from '../../contract/target.ts';
import {askForText} from '../shell-block.ts';
import {shellWord} from '../shell-quote.ts';
import {awsByHand} from './by-hand.ts';
import {secretField} from './fields.ts';
import {regionField, renderReplica} from './place.ts';
import {scopeOfSecret, secretNeed} from './scope.ts';
import {findSecret, requireLiveSecret, requireSecret} from './secrets.ts';
import type {AwsSession} from './session.ts';
import {spreadMs} from './spread.ts';

const input = z.strictObject({
  secret: secretField,
  regions: z.array(regionField).min(1).meta({
    description:
      'The regions that it is replicated to, all of them: the rollback replicates to them, with a journal or without',
  }),
});

/** Removed, not stopped: a replica whose replication is stopped becomes a secret of its own, which survives. */
export const removeReplicas: Action<z.infer<typeof input>, undefined, AwsSession> = {
  description: 'Removes the replicas of a secret from all other regions.',
  input,
  effect: 'disables',
  within: spreadMs,
  targets: placesOf,
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'RemoveRegionsFromReplication')],
  scope: scopeOfSecret,
  prepare: async ({secret, regions}, ctx) => {
    const {replicas} = await requireLiveSecret(secret, ctx);
    if (replicas.toSorted().join() !== regions.toSorted().join()) throw otherRegions(secret, replicas);
    return undefined;
  },
  // Those alone that the guard was asked about: one that came up since is left, and then `delete-secret` refuses.
  execute: async ({secret, regions}, _state, ctx) => {
    const {replicas} = await requireSecret(secret, ctx);
    const named = replicas.filter((region) => regions.includes(region));
    if (named.length === 0) return;
    const request = {SecretId: secret, RemoveReplicaRegions: named};
    await ctx.call('remove-replicas', () =>
      ctx.connection.client.secrets(
        'RemoveRegionsFromReplication',
        (api, options) => api.removeRegionsFromReplication(request, options),
        ctx.signal,
      ),
    );
  },
  inspect: async ({secret, regions}, _state, ctx) => {
    const left = (await findSecret(secret, ctx))?.replicas ?? [];
    if (left.length === 0) return 'applied';
    return left.length < regions.length ? 'partly' : 'not-applied';
  },
  rollback: {uses: 'aws/replicate-secret', with: ({secret, regions}) => ({secret, regions})},
};

const replicateInput = z.strictObject({
  secret: secretField,
  regions: z.array(regionField).meta({description: 'The regions that get a replica'}),
});

/** After the secret has its new value: the replicas get that one. */
export const replicateSecret: Action<z.infer<typeof replicateInput>, undefined, AwsSession> = {
  description: 'Replicates a secret to other regions.',
  input: replicateInput,
  effect: 'issues',
  within: spreadMs,
  targets: placesOf,
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'ReplicateSecretToRegions')],
  scope: scopeOfSecret,
  execute: async ({secret, regions}, _state, ctx) => {
    const {replicas} = await requireSecret(secret, ctx);
    const missing = regions.filter((region) => !replicas.includes(region));
    if (missing.length === 0) return;
    const request = {SecretId: secret, AddReplicaRegions: missing.map((region) => ({Region: region}))};
    await ctx.call('replicate', () =>
      ctx.connection.client.secrets(
        'ReplicateSecretToRegions',
        (api, options) => api.replicateSecretToRegions(request, options),
        ctx.signal,
      ),
    );
  },
  inspect: async ({secret, regions}, _state, ctx) => {
    const there = (await findSecret(secret, ctx))?.inSync ?? [];
    const missing = regions.filter((region) => !there.includes(region));
    if (missing.length === 0) return 'applied';
    return missing.length < regions.length ? 'partly' : 'not-applied';
  },
  byHand: ({secret, regions}, at) => {
    const known = Array.isArray(regions) ? regions.map((region) => shellWord(`Region=${region}`)).join(' ') : '';
    const added = known === '' ? 'Region="$region"' : known;
    const ask = known === '' ? [askForText('region', 'Region of a replica')] : [];
    return awsByHand(
      [
        ...ask,
        `aws secretsmanager replicate-secret-to-regions --secret-id ${shellWord(secret)} --add-replica-regions ${added} > /dev/null`,
        `aws secretsmanager describe-secret --secret-id ${shellWord(secret)} --output table --query ReplicationStatus >&2`,
        'echo "Done where each region says InSync."',
      ],
      at,
      [secret, ...(Array.isArray(regions) ? regions : [])],
    );
  },
};

/** A replica is a secret of its own region. */
function placesOf({regions}: {readonly regions: readonly string[]}): readonly Target[] {
  return regions.map((region) => ({kind: 'aws', address: renderReplica(region)}));
}

function otherRegions(secret: string, found: readonly string[]): DriverError {
  const has = found.length === 0 ? 'to none' : `to ${found.join(', ')}`;
  return new DriverError(
    `Expected the secret \`${secret}\` to be replicated to the regions that are named, and it is ${has}. Correct \`regions\`.`,
    {
      code: 'conflict',
      detail: 'other-regions',
    },
  );
}
