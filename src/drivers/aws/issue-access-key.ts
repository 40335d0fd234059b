import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {deliver} from '../deliver.ts';
import {deliveryLines} from '../shell-block.ts';
import {shellWord} from '../shell-quote.ts';
import {type AccessKey, deleteKey, listAccessKeys} from './access-keys.ts';
import {awsByHand} from './by-hand.ts';
import {callerOf} from './caller.ts';
import {type AwsCredentials, parseCredentials, renderCredentials} from './credentials.ts';
import {isFailure} from './failure.ts';
import {userField} from './fields.ts';
import {askForKey, noteKeys, ownKeyFor, refuseUnknownKey} from './key-requests.ts';
import {scopeOfUser, userNeed} from './scope.ts';
import type {AwsSession} from './session.ts';
import {spreadMs} from './spread.ts';

const input = z.strictObject({
  user: userField,
  'deliver-to': z.string().min(1).meta({
    description:
      'The file that the integration reads its key from: the text of a credentials file, in which the key before stands too',
  }),
});
type Input = z.infer<typeof input>;

/**
 * The key that stands in the file tells what was taken: where it is active nothing was, and nothing is issued. One that is
 * not is deleted and never made active again, which makes room too: a user has two keys at most. What the run issued for this
 * file and could not deliver is deleted first, so that running it twice leaves one. No other key is touched.
 */
export const issueAccessKey: Action<Input, undefined, AwsSession> = {
  description: 'Issues a new access key of an IAM user and delivers it to the file that the integration reads.',
  input,
  effect: 'issues',
  within: spreadMs,
  needs: (of) => [userNeed(of, 'ListAccessKeys', 'CreateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed')],
  scope: scopeOfUser,
  execute: async (given, _state, ctx) => {
    const {user} = given;
    const file = path.resolve(ctx.base, given['deliver-to']);
    const delivered = await readDelivered(file, ctx);
    const keys = await ctx.call('list-keys', () => listAccessKeys(user, ctx));
    const isActive = ({id, status}: AccessKey): boolean => id === delivered?.accessKeyId && status === 'Active';
    if (keys.some((key) => isActive(key) && !ctx.owns('ended-key', key.id))) return;
    await refuseOtherUsers(delivered?.accessKeyId, given, ctx);
    noteKeys(user, keys, ctx);
    refuseUnknownKey(user, keys, ctx);
    const goes = ({id}: AccessKey): boolean =>
      id === delivered?.accessKeyId || ctx.owns('access-key', ownKeyFor(id, given['deliver-to']));
    for (const {id} of keys.filter(goes)) await ctx.call('delete-key', () => deleteKey({user, id}, ctx));
    const issued = await ctx.call('create-key', () => createKey(given, ctx));
    try {
      await ctx.call('deliver', () => deliver(file, renderCredentials(issued), 'the access key'));
    } catch (error) {
      await ctx.call('delete-key', () => deleteKey({user, id: issued.accessKeyId}, ctx));
      throw error;
    }
  },
  // A new key is not known everywhere at once: it is read back by its use.
  inspect: async ({user, 'deliver-to': deliverTo}, _state, ctx) => {
    const delivered = await readDelivered(path.resolve(ctx.base, deliverTo), ctx);
    if (delivered === undefined) return 'not-applied';
    const keys = await listAccessKeys(user, ctx);
    // One that was made without an answer may be listed only now.
    refuseUnknownKey(user, keys, ctx);
    if (ctx.owns('ended-key', delivered.accessKeyId)) return 'not-applied';
    if (keys.find(({id}) => id === delivered.accessKeyId)?.status !== 'Active') return 'not-applied';
    try {
      await callerOf(await ctx.connection.as(renderCredentials(delivered), ctx.signal), ctx.signal);
      return 'applied';
    } catch (error) {
      if (isFailure(error, 'InvalidClientTokenId')) return 'not-applied';
      throw error;
    }
  },
  byHand: ({user, 'deliver-to': deliverTo}, at) => {
    const name = shellWord(user);
    const create = `aws iam create-access-key --user-name ${name} --output text --query`;
    const text = `join(\`\\n\`, ['[default]', join(' = ', ['aws_access_key_id', AccessKey.AccessKeyId]), join(' = ', ['aws_secret_access_key', AccessKey.SecretAccessKey])])`;
    return [
      '# A user has two keys at most: delete the inactive one first, where there are two. Never make it active again.',
      ...awsByHand(
        [
          `aws iam list-access-keys --user-name ${name} --output table >&2`,
          ...deliveryLines(deliverTo, at.base, [`${create} ${shellWord(text)} > "$file.part"`]),
          `AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE="$file" AWS_PROFILE=default aws sts get-caller-identity >&2`,
          'echo "Done: the new key is delivered, and AWS knows it."',
        ],
        at,
        [user, deliverTo],
      ),
    ];
  },
};

async function createKey({user, 'deliver-to': file}: Input, ctx: Context<AwsSession>): Promise<AwsCredentials> {
  const {connection, signal, redactor} = ctx;
  return askForKey(user, ctx, async () => {
    const {AccessKey} = await connection.client
      .iam('CreateAccessKey', (api, options) => api.createAccessKey({UserName: user}, options), signal)
      .catch(async (error: unknown) => {
        throw isFailure(error, 'LimitExceeded') ? noRoom(user, await listAccessKeys(user, ctx)) : error;
      });
    const {AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = ''} = AccessKey ?? {};
    redactor.add(secretAccessKey, 'AWS secret access key');
    ctx.own('access-key', ownKeyFor(accessKeyId, file));
    return {accessKeyId, secretAccessKey};
  });
}

/** Undefined where there is no file, or one without a key. */
async function readDelivered(file: string, {redactor}: Context<AwsSession>): Promise<AwsCredentials | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.includes('aws_access_key_id') ? parseCredentials(text, redactor) : undefined;
}

/** The file may be another integration's: what it holds is not overwritten. A key that is gone tells no user. */
async function refuseOtherUsers(
  id: string | undefined,
  {user, 'deliver-to': file}: Input,
  ctx: Context<AwsSession>,
): Promise<void> {
  if (id === undefined) return;
  const {connection, signal} = ctx;
  const owner = await ctx
    .call('last-used', () =>
      connection.client.iam(
        'GetAccessKeyLastUsed',
        (api, options) => api.getAccessKeyLastUsed({AccessKeyId: id}, options),
        signal,
      ),
    )
    .then(({UserName}) => UserName)
    .catch((error: unknown) => {
      if (error instanceof DriverError && !error.retryable) return undefined;
      throw error;
    });
  if (owner === undefined || owner === user) return;
  throw new DriverError(
    `Expected \`${file}\` to hold a key of user \`${user}\`, and it holds one of \`${owner}\`. Correct \`deliver-to\`.`,
    {code: 'conflict', detail: 'other-user'},
  );
}

function noRoom(user: string, keys: readonly AccessKey[]): DriverError {
  const which = keys.map(({id, status}) => `\`${id}\` (${status.toLowerCase()})`).join(' and ');
  return new DriverError(
    `Expected room for a new access key of user \`${user}\`, and it has two that this run did not issue for the file and that do not stand in it: ${which}. Delete the one that nobody uses, and go on with \`offdrill resume\`.`,
    {code: 'conflict', detail: 'two-keys'},
  );
}
