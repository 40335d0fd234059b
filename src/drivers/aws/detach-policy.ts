import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import {exactlyOneOf} from '../../contract/fields.ts';
import type {Action, Context, Inspection} from '../../contract/operation.ts';
import {shellWord} from '../shell-quote.ts';
import {awsByHand} from './by-hand.ts';
import {isFailure} from './failure.ts';
import {policyArnField, roleField, userField} from './fields.ts';
import {refuseOwn} from './refuse-own.ts';
import {roleNeed, scopeOfRole, scopeOfUser, userNeed} from './scope.ts';
import type {AwsSession} from './session.ts';
import {spreadMs} from './spread.ts';

const input = z
  .strictObject({user: userField.optional(), role: roleField.optional(), 'policy-arn': policyArnField})
  .check(exactlyOneOf('user', 'role'));
type Input = z.infer<typeof input>;

const common = {
  input,
  within: spreadMs,
  scope: ({user, role}: Input) => [
    ...(user === undefined ? [] : scopeOfUser({user})),
    ...(role === undefined ? [] : scopeOfRole({role})),
  ],
};

/** What the policy gave is disarmed: the credential lives, and may do what other policies give. */
export const detachPolicy: Action<Input, undefined, AwsSession> = {
  ...common,
  description: 'Takes a managed policy away from a user or a role.',
  effect: 'disables',
  needs: (of) => [need(of, 'ListAttached', 'Detach')],
  prepare: async (of, ctx) => {
    refuseOwn(of, ctx);
    if (await ctx.call('list-policies', () => isAttached(of, ctx))) return undefined;
    throw notAttached(of);
  },
  execute: (of, _state, ctx) => ctx.call('detach-policy', () => detach(of, ctx)),
  inspect: async (of, _state, ctx) => told(!(await isAttached(of, ctx))),
  rollback: {uses: 'aws/attach-policy', with: (of) => ({...of})},
};

export const attachPolicy: Action<Input, undefined, AwsSession> = {
  ...common,
  description: 'Gives a managed policy to a user or a role.',
  effect: 'issues',
  needs: (of) => [need(of, 'ListAttached', 'Attach')],
  execute: (of, _state, ctx) => ctx.call('attach-policy', () => attach(of, ctx)),
  inspect: async (of, _state, ctx) => told(await isAttached(of, ctx)),
  byHand: ({user, role, 'policy-arn': policy}, at) => {
    const [kind, name] = user === undefined ? ['role', role] : ['user', user];
    const to = `--${kind}-name ${shellWord(name)}`;
    return awsByHand(
      [
        `aws iam attach-${kind}-policy ${to} --policy-arn ${shellWord(policy)}`,
        `aws iam list-attached-${kind}-policies ${to} --output table >&2`,
        'echo "Done where the policy stands in the list."',
      ],
      at,
      [user, role, policy],
    );
  },
};

function need({user, role}: Input, ...verbs: readonly string[]) {
  const actions = (kind: string) =>
    verbs.map((verb) => `${verb}${kind}${verb.startsWith('List') ? 'Policies' : 'Policy'}`);
  return user === undefined ? roleNeed({role: role ?? ''}, ...actions('Role')) : userNeed({user}, ...actions('User'));
}

async function isAttached(of: Input, {connection: {client}, signal}: Context<AwsSession>): Promise<boolean> {
  let marker: string | undefined;
  do {
    const page: {readonly Marker?: string} = marker === undefined ? {} : {Marker: marker};
    const answer =
      of.user === undefined
        ? await client.iam(
            'ListAttachedRolePolicies',
            (api, options) => api.listAttachedRolePolicies({RoleName: of.role, ...page}, options),
            signal,
          )
        : await client.iam(
            'ListAttachedUserPolicies',
            (api, options) => api.listAttachedUserPolicies({UserName: of.user, ...page}, options),
            signal,
          );
    if ((answer.AttachedPolicies ?? []).some(({PolicyArn}) => PolicyArn === of['policy-arn'])) return true;
    marker = answer.IsTruncated === true ? answer.Marker : undefined;
  } while (marker !== undefined);
  return false;
}

async function detach({user, role, 'policy-arn': PolicyArn}: Input, ctx: Context<AwsSession>): Promise<void> {
  const {client} = ctx.connection;
  try {
    if (user === undefined) {
      const request = {RoleName: role, PolicyArn};
      await client.iam('DetachRolePolicy', (api, options) => api.detachRolePolicy(request, options), ctx.signal);
    } else {
      const request = {UserName: user, PolicyArn};
      await client.iam('DetachUserPolicy', (api, options) => api.detachUserPolicy(request, options), ctx.signal);
    }
  } catch (error) {
    // Taken away already, by an attempt whose answer was lost.
    if (!isFailure(error, 'NoSuchEntity')) throw error;
  }
}

async function attach({user, role, 'policy-arn': PolicyArn}: Input, ctx: Context<AwsSession>): Promise<void> {
  const {client} = ctx.connection;
  if (user === undefined) {
    const request = {RoleName: role, PolicyArn};
    await client.iam('AttachRolePolicy', (api, options) => api.attachRolePolicy(request, options), ctx.signal);
  } else {
    const request = {UserName: user, PolicyArn};
    await client.iam('AttachUserPolicy', (api, options) => api.attachUserPolicy(request, options), ctx.signal);
  }
}

function told(isSo: boolean): Inspection {
  return isSo ? 'applied' : 'not-applied';
}

function notAttached({user, role, 'policy-arn': policy}: Input): DriverError {
  const whose = user === undefined ? `role \`${role}\`` : `user \`${user}\``;
  return new DriverError(
    `Expected ${whose} to have the policy \`${policy}\`, and it has not. Correct it, or leave this step out; a policy that a group gives is not taken so.`,
    {code: 'not-found', detail: 'not-attached'},
  );
}
