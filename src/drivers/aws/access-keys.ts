import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {isFailure} from './failure.ts';
import type {AwsSession} from './session.ts';

export type AccessKey = {readonly id: string; readonly status: string; readonly createdAt?: string};

type Key = {readonly user: string; readonly id: string};

/** All of a user: at most two at a time, so that they come on one page. */
export async function listAccessKeys(
  user: string,
  {connection, signal}: Context<AwsSession>,
): Promise<readonly AccessKey[]> {
  const answer = await connection.client.iam(
    'ListAccessKeys',
    (api, options) => api.listAccessKeys({UserName: user}, options),
    signal,
  );
  return (answer.AccessKeyMetadata ?? []).map(({AccessKeyId = '', Status = '', CreateDate}) => ({
    id: AccessKeyId,
    status: Status,
    ...(CreateDate === undefined ? {} : {createdAt: CreateDate.toISOString()}),
  }));
}

/** How the key stands; undefined where it is gone. */
export async function statusOf({user, id}: Key, ctx: Context<AwsSession>): Promise<string | undefined> {
  return (await listAccessKeys(user, ctx)).find((key) => key.id === id)?.status;
}

/** One that is gone is no error: it was deleted, which is more. */
export async function deactivateKey({user, id}: Key, {connection, signal}: Context<AwsSession>): Promise<void> {
  const request = {UserName: user, AccessKeyId: id, Status: 'Inactive'} as const;
  await unlessGone(
    connection.client.iam('UpdateAccessKey', (api, options) => api.updateAccessKey(request, options), signal),
  );
}

export async function deleteKey({user, id}: Key, {connection, signal}: Context<AwsSession>): Promise<void> {
  const request = {UserName: user, AccessKeyId: id};
  await unlessGone(
    connection.client.iam('DeleteAccessKey', (api, options) => api.deleteAccessKey(request, options), signal),
  );
}

/** Before anything is changed: a key of another user, or a misspelt one, would be gone already, and that would look like success. */
export async function requireKey({user, id}: Key, ctx: Context<AwsSession>): Promise<AccessKey> {
  const keys = await listAccessKeys(user, ctx);
  const found = keys.find((key) => key.id === id);
  if (found !== undefined) return found;
  const has = keys.length === 0 ? 'none' : keys.map((key) => `\`${key.id}\``).join(' and ');
  throw new DriverError(
    `Expected user \`${user}\` to have the access key \`${id}\`, and it has ${has}. Correct the user or the key.`,
    {
      code: 'not-found',
      detail: 'no-such-key',
    },
  );
}

async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isFailure(error, 'NoSuchEntity')) throw error;
  }
}
