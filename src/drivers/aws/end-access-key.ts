import * as z from 'zod';
import type {Action, Context, Inspection} from '../../contract/operation.ts';
import {type AccessKey, deactivateKey, deleteKey, requireKey, statusOf} from './access-keys.ts';
import {accessKeyIdField} from './credentials.ts';
import {userField} from './fields.ts';
import {refuseOwn} from './refuse-own.ts';
import {scopeOfUser, userNeed} from './scope.ts';
import type {AwsSession} from './session.ts';
import {spreadMs} from './spread.ts';

const input = z.strictObject({
  user: userField,
  'access-key-id': accessKeyIdField,
  'deliver-to': z.string().min(1).optional().meta({
    description:
      'Where the rollback delivers a new key, as the text of a credentials file; needed for its own rollback',
  }),
});
type Input = z.infer<typeof input>;
type State = {readonly key: AccessKey};

/** Whoever may change the key can make it active again: the rollback does not, and issues another. */
export const deactivateAccessKey: Action<Input, State, AwsSession> = {
  description: 'Makes an access key of an IAM user inactive.',
  effect: 'disables',
  unenforced: () => 'does not hold an inactive key against whoever uses it',
  ...ending('UpdateAccessKey', deactivateKey, (status) => status !== 'Active'),
};

export const deleteAccessKey: Action<Input, State, AwsSession> = {
  description: 'Deletes an access key of an IAM user, for good.',
  effect: 'revokes',
  ...ending('DeleteAccessKey', deleteKey, (status) => status === undefined),
};

function ending(
  right: string,
  end: (key: {readonly user: string; readonly id: string}, ctx: Context<AwsSession>) => Promise<void>,
  isEnded: (status: string | undefined) => boolean,
) {
  const keyOf = (of: Input) => ({user: of.user, id: of['access-key-id']});
  return {
    input,
    within: spreadMs,
    needs: (of: Input) => [userNeed(of, 'ListAccessKeys', right)],
    scope: scopeOfUser,
    prepare: async (of: Input, ctx: Context<AwsSession>): Promise<State> => {
      refuseOwn({key: of['access-key-id']}, ctx);
      return {key: await ctx.call('list-keys', () => requireKey(keyOf(of), ctx))};
    },
    execute: async (of: Input, _state: State, ctx: Context<AwsSession>): Promise<void> => {
      // Known before it is done: for seconds AWS may tell and serve it as if it were not.
      ctx.own('ended-key', of['access-key-id']);
      await ctx.call('end-key', () => end(keyOf(of), ctx));
    },
    inspect: async (of: Input, _state: State, ctx: Context<AwsSession>): Promise<Inspection> =>
      isEnded(await statusOf(keyOf(of), ctx)) ? 'applied' : 'not-applied',
    rollback: {
      uses: 'aws/issue-access-key',
      with: ({user, 'deliver-to': deliverTo}: Input) => ({user, 'deliver-to': deliverTo}),
    },
  };
}
