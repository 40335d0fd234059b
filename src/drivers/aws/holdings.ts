import * as z from 'zod';
import type {Capture, Context, Probe} from '../../contract/operation.ts';
import {listAccessKeys} from './access-keys.ts';
import {backedOff} from './backed-off.ts';
import {observeRefusal} from './failure.ts';
import {roleField, secretField, userField} from './fields.ts';
import {roleNeed, scopeOfRole, scopeOfSecret, scopeOfUser, secretNeed, userNeed} from './scope.ts';
import {findSecret, listVersions, requireSecret} from './secrets.ts';
import type {AwsSession} from './session.ts';

const input = z
  .strictObject({
    user: userField.optional(),
    role: roleField
      .optional()
      .meta({description: 'The role that the integration takes: how long its sessions may live'}),
    secrets: z.array(secretField).default([]).meta({description: 'The secrets that are the integration’s own'}),
  })
  .refine(({user, secrets}) => user !== undefined || secrets.length > 0, {
    message: 'Expected `user`, `secrets` or both: of a role alone nothing is held that can be asked for.',
  });

const output = z.object({
  user: z.string().optional(),
  keys: z.array(z.object({id: z.string(), createdAt: z.string().optional(), lastUsedAt: z.string().optional()})),
  longestSessionSeconds: z.number().optional(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  secrets: z.array(
    z.object({
      secret: z.string(),
      versions: z.record(z.string(), z.array(z.string())),
      replicas: z.array(z.string()),
    }),
  ),
});
export type Holdings = z.infer<typeof output>;

/** What there is, by the operator's right: which keys the integration really uses tells `lastUsedAt`, hours late at times. */
export const holdings: Capture<z.infer<typeof input>, Holdings, AwsSession> = {
  description:
    'Lists the active keys of a user, the versions and replicas of secrets, and how long sessions of a role may live.',
  kind: 'taken',
  input,
  output,
  needs: ({user, role, secrets}) => [
    ...(user === undefined ? [] : [userNeed({user}, 'ListAccessKeys', 'GetAccessKeyLastUsed')]),
    ...(role === undefined ? [] : [roleNeed({role}, 'GetRole')]),
    ...secrets.map((secret) => secretNeed({secret}, 'DescribeSecret', 'ListSecretVersionIds')),
  ],
  scope: ({user, role, secrets}) => [
    ...(user === undefined ? [] : scopeOfUser({user})),
    ...(role === undefined ? [] : scopeOfRole({role})),
    ...secrets.flatMap((secret) => scopeOfSecret({secret})),
  ],
  take: async ({user, role, secrets}, ctx) => {
    const keys = user === undefined ? [] : await ctx.call('list-keys', () => listAccessKeys(user, ctx));
    // One that a rollback issued is the integration's, too: the run itself keeps none.
    const active = keys.filter(({status}) => status === 'Active');
    const used = await Promise.all(active.map(({id}) => ctx.call('last-used', () => lastUsed(id, ctx))));
    const found = await Promise.all(
      secrets.map(async (secret) => ({
        ...(await requireSecret(secret, ctx)),
        versions: await listVersions(secret, ctx),
      })),
    );
    return {
      ...(user === undefined ? {} : {user}),
      at: Math.round(ctx.clock.now()),
      keys: active.map(({id, createdAt}, index) => ({
        id,
        ...(createdAt === undefined ? {} : {createdAt}),
        ...(used[index] === undefined ? {} : {lastUsedAt: used[index]}),
      })),
      ...(role === undefined ? {} : {longestSessionSeconds: await ctx.call('get-role', () => longestOf(role, ctx))}),
      secrets: found.map(({versions, replicas}, index) => ({
        secret: secrets[index] ?? '',
        versions: Object.fromEntries(Object.entries(versions).map(([id, labels]) => [id, [...labels]])),
        replicas: [...replicas],
      })),
    };
  },
  count: ({keys, secrets}) => keys.length + secrets.reduce((sum, {versions}) => sum + labelled(versions).length, 0),
};

const aliveInput = z.strictObject({
  holdings: output.meta({description: 'What `aws/holdings` captured'}),
});

/** By what the operator is told, so that it needs no credential of the integration; what a key still may do, `aws/get-secret` asks. */
export const holdingsAlive: Probe<z.infer<typeof aliveInput>, AwsSession> = {
  description: 'Whether any captured key is active, or any captured version of a secret has a label and can be read.',
  input: aliveInput,
  // Of what is captured only by then, `aws/holdings` needs the same, and knows of whom.
  needs: ({holdings: held}) => {
    const known = output.safeParse(held).data;
    return [
      ...(known?.user === undefined ? [] : [userNeed({user: known.user}, 'ListAccessKeys')]),
      ...(known?.secrets ?? []).map(({secret}) => secretNeed({secret}, 'DescribeSecret', 'ListSecretVersionIds')),
    ];
  },
  carriesCredential: () => true,
  observe: async ({holdings: held}, ctx) => {
    const {user, keys, secrets} = held;
    try {
      const now = user === undefined ? [] : await backedOff(() => listAccessKeys(user, ctx), ctx);
      const active = keys.filter(({id}) => now.some((key) => key.id === id && key.status === 'Active'));
      const states = await Promise.all(secrets.map((one) => backedOff(() => stateOf(one, ctx), ctx)));
      const facts = {keys: active.length, versions: states.reduce((sum, {readable}) => sum + readable, 0)};
      if (facts.keys + facts.versions > 0) return {state: 'allowed', code: 'some-alive', facts};
      // An inactive key can be made active again; of a secret, what was not purged can be restored, or read by its id.
      const canComeBack = states.some(({left}) => left > 0) || keys.some(({id}) => now.some((key) => key.id === id));
      if (canComeBack) return {state: 'denied', code: 'none-alive', facts, surface: 'disarmed'};
      const until = sessionsUntil(held);
      if (until <= ctx.clock.now()) return {state: 'denied', code: 'none-alive', facts};
      return {state: 'denied', code: 'none-alive', facts, surface: 'unobservable', until};
    } catch (error) {
      // Asked with the run's own right: a refusal says nothing of the integration's.
      const {state, code} = observeRefusal(error);
      return {state: state === 'unreachable' ? state : 'indeterminate', code};
    }
  },
};

/** Sessions that were begun with a key outlive it, and nobody can list them: GetSessionToken gives 36 hours at most. */
const longestOfKeySeconds = 36 * 3600;

function sessionsUntil({at, keys, longestSessionSeconds = 0}: Holdings): number {
  return at + 1000 * Math.max(longestSessionSeconds, keys.length > 0 ? longestOfKeySeconds : 0);
}

/** How many of the captured versions can be read by their labels, and how many AWS still has. */
async function stateOf(
  {secret, versions}: Holdings['secrets'][number],
  ctx: Context<AwsSession>,
): Promise<{readonly readable: number; readonly left: number}> {
  const found = await findSecret(secret, ctx);
  if (found === undefined) return {readable: 0, left: 0};
  // Restored, it has all that it had.
  if (found.isMarkedForDeletion) return {readable: 0, left: Object.keys(versions).length};
  const now = await listVersions(secret, ctx);
  const left = Object.keys(versions).filter((id) => Object.hasOwn(now, id));
  const readable = labelled(versions).filter((id) => (now[id] ?? []).length > 0);
  return {readable: readable.length, left: left.length};
}

function labelled(versions: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(versions).flatMap(([id, labels]) => (labels.length > 0 ? [id] : []));
}

async function lastUsed(id: string, {connection, signal}: Context<AwsSession>): Promise<string | undefined> {
  const answer = await connection.client.iam(
    'GetAccessKeyLastUsed',
    (api, options) => api.getAccessKeyLastUsed({AccessKeyId: id}, options),
    signal,
  );
  return answer.AccessKeyLastUsed?.LastUsedDate?.toISOString();
}

async function longestOf(role: string, {connection, signal}: Context<AwsSession>): Promise<number> {
  const {Role} = await connection.client.iam(
    'GetRole',
    (api, options) => api.getRole({RoleName: role}, options),
    signal,
  );
  return Role?.MaxSessionDuration ?? 3600;
}
