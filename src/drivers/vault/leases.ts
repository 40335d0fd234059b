import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context, Need} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {pathOf} from './client.ts';
import {refusedBy} from './failure.ts';
import type {VaultSession} from './session.ts';

const leaseAnswer = z.object({data: z.object({id: z.string(), revoke_error: z.string().optional()})});

/** One level a call. Below a role there is one level; below anything else, as many as there are. */
export function leaseListNeeds(prefix: string): readonly Need[] {
  const below = pathOf('sys/leases/lookup', prefix);
  const isRole = /(?:^|\/)creds\/[^/]+$/.test(prefix);
  const paths = isRole ? [`${below}/`] : [`${below}/`, `${below}/*`];
  return paths.map((path) => ({path, capabilities: ['list', 'sudo']}));
}

/** Every lease below a prefix, by id. */
export async function listLeases(prefix: string, ctx: Context<VaultSession>): Promise<readonly string[]> {
  const keys = await ctx.connection.list(`${pathOf('sys/leases/lookup', prefix)}/`, ctx.signal);
  const below = keys.filter((key) => key.endsWith('/')).map((key) => `${prefix}/${key.slice(0, -1)}`);
  const deeper = await Promise.all(below.map((folder) => listLeases(folder, ctx)));
  return [...keys.filter((key) => !key.endsWith('/')).map((key) => `${prefix}/${key}`), ...deeper.flat()];
}

/** Alive, gone, or stuck: a lease whose revocation fails lives on, and so does what it stands for. */
export async function lookUpLease(lease: string, ctx: Context<VaultSession>): Promise<'alive' | 'gone' | 'stuck'> {
  const request = {method: 'POST', path: 'sys/leases/lookup', body: {lease_id: lease}, signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (answer.status === 400 || answer.status === 404) return 'gone';
  if (answer.status !== 200) throw refusedBy(request, answer, ctx.connection.address);
  return readBody(leaseAnswer, answer, 'a lease').data.revoke_error === undefined ? 'alive' : 'stuck';
}

/**
 * Revokes one lease and waits until it is done: `sync` is sent outright, since products and their documents differ about
 * its default. A lease that is gone is no error. The lease stands in the path, where a policy can name it.
 */
export async function revokeLease(lease: string, ctx: Context<VaultSession>): Promise<void> {
  const path = pathOf('sys/leases/revoke', lease);
  const request = {method: 'PUT', path, body: {sync: true}, signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (answer.status === 204 || answer.status === 200 || answer.status === 202) return;
  if ((await lookUpLease(lease, ctx)) === 'gone') return;
  // A system behind that refuses comes as 400 on OpenBao, as 500 elsewhere.
  const isStuck = answer.status === 400 || answer.status >= 500;
  throw isStuck ? stuck([lease]) : refusedBy(request, answer, ctx.connection.address);
}

export function stuck(leases: readonly string[]): DriverError {
  return new DriverError(
    `Expected Vault to revoke ${leases.map((lease) => `\`${lease}\``).join(', ')}, and the system behind refused: what it stands for lives on. Look at Vault's log and at that system (a database role that owns objects can't be dropped). Nothing was forced.`,
    {code: 'conflict', detail: 'revocation-failed'},
  );
}
