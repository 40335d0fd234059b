import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {shellWord} from '../shell-quote.ts';
import {awsByHand} from './by-hand.ts';
import {isFailure} from './failure.ts';
import {roleField} from './fields.ts';
import {refuseOwn} from './refuse-own.ts';
import {roleNeed, scopeOfRole} from './scope.ts';
import type {AwsSession} from './session.ts';
import {spreadMs} from './spread.ts';

const input = z.strictObject({role: roleField});
type Input = z.infer<typeof input>;
type State = {readonly before: string | null};

/** The name that the console gives it, so that whoever looks knows it. */
export const revocationPolicy = 'AWSRevokeOlderSessions';

/**
 * Denies everything to sessions of the role that were begun before this. Whoever may still take the role is in again at
 * once: its trust, or the key by which it is taken, must be cut too. Taken away too early, the old sessions live again.
 */
export const revokeRoleSessions: Action<Input, State, AwsSession> = {
  description:
    'Denies everything to all sessions of a role that were begun until now; whoever may still take the role begins another.',
  input,
  effect: 'revokes',
  within: spreadMs,
  unenforced: () =>
    'does not look at the condition `aws:TokenIssueTime`, so that it denies those that are begun later too',
  needs: (of) => [roleNeed(of, 'GetRole', 'GetRolePolicy', 'PutRolePolicy')],
  scope: scopeOfRole,
  prepare: async ({role}, ctx) => {
    refuseOwn({role}, ctx);
    const {Role} = await ctx.call('get-role', () =>
      ctx.connection.client.iam('GetRole', (api, options) => api.getRole({RoleName: role}, options), ctx.signal),
    );
    if (Role?.Path?.startsWith('/aws-service-role/') === true) throw isServiceLinked(role);
    return {before: (await issuedBefore(role, ctx)) ?? null};
  },
  execute: async ({role}, _state, ctx) => {
    const document = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Action: ['*'],
          Resource: ['*'],
          Condition: {DateLessThan: {'aws:TokenIssueTime': new Date(ctx.clock.now()).toISOString()}},
        },
      ],
    });
    const request = {RoleName: role, PolicyName: revocationPolicy, PolicyDocument: document};
    await ctx.call('put-policy', () =>
      ctx.connection.client.iam('PutRolePolicy', (api, options) => api.putRolePolicy(request, options), ctx.signal),
    );
  },
  inspect: async ({role}, {before}, ctx) => {
    const now = await issuedBefore(role, ctx);
    return now !== undefined && now !== before ? 'applied' : 'not-applied';
  },
};

/** The longest that a session of a role may live, whatever the role says today: it may have said more. */
const longestSessionMs = 12 * 3_600_000;

/** Once the longest session that AWS gives is over, the policy denies nobody any more. */
export const endRoleRevocation: Action<Input, undefined, AwsSession> = {
  description: 'Takes the policy of `aws/revoke-role-sessions` away, once the longest session that it denies is over.',
  input,
  effect: 'issues',
  within: spreadMs,
  needs: (of) => [roleNeed(of, 'GetRolePolicy', 'DeleteRolePolicy')],
  scope: scopeOfRole,
  execute: async ({role}, _state, ctx) => {
    const since = await issuedBefore(role, ctx);
    if (since === undefined) return;
    const endsAt = Date.parse(since) + longestSessionMs;
    if (ctx.clock.now() < endsAt) throw tooEarly(role, endsAt);
    const request = {RoleName: role, PolicyName: revocationPolicy};
    await ctx.call('delete-policy', () =>
      ctx.connection.client.iam(
        'DeleteRolePolicy',
        (api, options) => api.deleteRolePolicy(request, options),
        ctx.signal,
      ),
    );
  },
  inspect: async ({role}, _state, ctx) => ((await issuedBefore(role, ctx)) === undefined ? 'applied' : 'not-applied'),
  byHand: ({role}, at) => [
    '# Not before twelve hours after the time in the policy: the sessions that it denies would live again.',
    ...awsByHand(
      [
        `aws iam get-role-policy --role-name ${shellWord(role)} --policy-name ${revocationPolicy} >&2`,
        `aws iam delete-role-policy --role-name ${shellWord(role)} --policy-name ${revocationPolicy}`,
        'echo "Done: the policy is gone."',
      ],
      at,
      [role],
    ),
  ],
};

/** The time in the policy that stands; undefined where there is none. */
async function issuedBefore(role: string, {connection, signal}: Context<AwsSession>): Promise<string | undefined> {
  const request = {RoleName: role, PolicyName: revocationPolicy};
  try {
    const {PolicyDocument = ''} = await connection.client.iam(
      'GetRolePolicy',
      (api, options) => api.getRolePolicy(request, options),
      signal,
    );
    return /"aws:TokenIssueTime"\s*:\s*"([^"]+)"/.exec(decodeURIComponent(PolicyDocument))?.[1] ?? '';
  } catch (error) {
    if (isFailure(error, 'NoSuchEntity')) return undefined;
    throw error;
  }
}

function isServiceLinked(role: string): DriverError {
  return new DriverError(
    `Expected a role whose policies can be changed, got the service-linked role \`${role}\`: AWS keeps its policies. End its sessions in the service that it belongs to.`,
    {code: 'conflict', detail: 'service-linked-role'},
  );
}

function tooEarly(role: string, endsAt: number): DriverError {
  return new DriverError(
    `Expected every session of role \`${role}\` that is denied to be over, and the longest may live until ${new Date(endsAt).toISOString()}: without the policy it would live again. Take it away after that.`,
    {code: 'conflict', detail: 'sessions-may-live'},
  );
}
