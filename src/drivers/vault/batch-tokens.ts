import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Context} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {pathOf} from './client.ts';
import {listSecretIds, type RoleOf, rolePath} from './secret-ids.ts';
import type {VaultSession} from './session.ts';

/** Where a role sets no TTL the mount's or the system's default counts, which nobody but an administrator may read: 32 days. */
const systemMaxMs = 32 * 86_400_000;

/** How long a role's batch tokens live; undefined where it gives out none. A role that does not say leaves it to its mount. */
export async function readBatchTokens(
  of: RoleOf,
  ctx: Context<VaultSession>,
): Promise<{livesForMs: number} | undefined> {
  const answer = await ctx.connection.call({method: 'GET', path: rolePath(of), signal: ctx.signal});
  const {token_type: own, token_ttl: ttl, token_max_ttl: longest} = readBody(roleAnswer, answer, 'an AppRole').data;
  const mount = await readMount(of.mount, ctx);
  const type = own === '' || own === 'default' ? mount.token_type : own;
  if (type !== 'batch' && type !== 'default-batch') return undefined;
  const [seconds] = [ttl, longest, mount.default_lease_ttl].filter((given) => given > 0);
  return {livesForMs: seconds === undefined ? systemMaxMs : seconds * 1000};
}

/** Told to whoever may do anything at the mount; no policy line of its own. */
async function readMount(
  mount: string,
  ctx: Context<VaultSession>,
): Promise<z.infer<typeof mountAnswer>['data']['config']> {
  const path = pathOf('sys/internal/ui/mounts/auth', mount);
  const answer = await ctx.connection.call({method: 'GET', path, signal: ctx.signal});
  return readBody(mountAnswer, answer, 'an auth mount').data.config;
}

/**
 * Batch tokens that were given out may live for as long as one lives since the last moment at which the role could log in.
 * Until then they are unobservable, and the role's other holdings being dead says nothing of them.
 */
export async function batchTokensLeft(
  of: RoleOf,
  livesForMs: number,
  ctx: Context<VaultSession>,
): Promise<Pick<Observation, 'surface' | 'until'>> {
  const {connection, clock} = ctx;
  const now = clock.now();
  const key = rolePath(of);
  const couldLogIn = (await listSecretIds(of, ctx)).length > 0;
  const since = couldLogIn ? now : (connection.lastLogins.get(key) ?? now);
  connection.lastLogins.set(key, since);
  const until = since + livesForMs;
  return now > until ? {} : {surface: 'unobservable', until: Math.round(until)};
}

const roleAnswer = z.object({
  data: z.object({
    token_type: z.string().default('default'),
    token_ttl: z.number().default(0),
    token_max_ttl: z.number().default(0),
  }),
});

const mountAnswer = z.object({
  data: z.object({
    config: z.object({token_type: z.string().default(''), default_lease_ttl: z.number().default(0)}),
  }),
});
