import {createHash} from 'node:crypto';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context, Need} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {pathOf} from './client.ts';
import {refusedBy} from './failure.ts';
import type {VaultSession} from './session.ts';

export const policyField = z
  .string()
  .regex(/^[A-Za-z0-9_.@-]+$/, 'Expected the name of a policy.')
  .refine(
    (name) => name !== 'root' && name !== 'default',
    'Expected a policy of the integration’s own, not `root` or `default`.',
  )
  .meta({description: 'The name of the policy'});

export function policyNeeds(policy: string): readonly Need[] {
  return [{path: pathOf('sys/policies/acl', policy), capabilities: ['read', 'update']}];
}

/** The rules as they stand; undefined where there is no such policy. */
export async function readPolicy(policy: string, ctx: Context<VaultSession>): Promise<string | undefined> {
  const request = {method: 'GET', path: pathOf('sys/policies/acl', policy), signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw refusedBy(request, answer, ctx.connection.address);
  return readBody(policyAnswer, answer, 'a policy').data.policy;
}

/**
 * Replaces rules only where they are the ones that were seen before: there is no compare-and-set, so what is left is the
 * time between one call and the next. Done already is no error.
 */
export async function replacePolicy(
  change: {readonly policy: string; readonly from: string; readonly to: string},
  ctx: Context<VaultSession>,
): Promise<void> {
  const {policy, from, to} = change;
  const now = await ctx.call('read-policy', () => readPolicy(policy, ctx));
  if (now !== undefined && digestOf(now) === digestOf(to)) return;
  if (now === undefined || digestOf(now) !== from) throw changedMeanwhile(policy);
  const path = pathOf('sys/policies/acl', policy);
  await ctx.call('write-policy', () =>
    ctx.connection.call({method: 'PUT', path, body: {policy: to}, signal: ctx.signal}),
  );
}

/** Of the rules as Vault keeps them. */
export function digestOf(rules: string): string {
  return createHash('sha256').update(rules.trim()).digest('hex');
}

function changedMeanwhile(policy: string): DriverError {
  return new DriverError(
    `Expected policy \`${policy}\` to be as it was, and somebody has changed it meanwhile. Nothing was written: look at who changed it, and put right by hand what it should say.`,
    {code: 'conflict', detail: 'policy-changed'},
  );
}

const policyAnswer = z.object({data: z.object({policy: z.string()})});
