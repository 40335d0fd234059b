import {randomBytes} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {pending, requireSecret, retire, type SecretState, versionWith} from './secrets.ts';
import type {AwsSession} from './session.ts';

/** Where the value comes from that a secret gets instead of the one that was taken. */
export const newValueFields = {
  'value-from': z.string().min(1).optional().meta({
    description: 'A file with the new value, read when it is written: another step may issue it first',
  }),
  generate: z.int().min(16).max(4096).optional().meta({
    description: 'Instead of a file: so many random characters, for a value that nobody else has to know',
  }),
};

export type NewValue = {readonly 'value-from'?: string | undefined; readonly generate?: number | undefined};

/**
 * Puts the new value in force and takes every label from the versions before: AWS leaves the last one readable as
 * AWSPREVIOUS. Once the run's own version is current, it is done.
 */
export async function putNewValue(
  secret: string,
  given: NewValue,
  found: SecretState,
  ctx: Context<AwsSession>,
): Promise<void> {
  const current = versionWith('AWSCURRENT', found);
  if (current === undefined || !ctx.owns('secret-version', ownId(current, given))) {
    const request = {SecretId: secret, SecretString: await readNewValue(given, ctx)};
    const {VersionId = ''} = await ctx.call('put-value', () =>
      ctx.connection.client.secrets(
        'PutSecretValue',
        (api, options) => api.putSecretValue(request, options),
        ctx.signal,
      ),
    );
    ctx.own('secret-version', ownId(VersionId, given));
  }
  // Looked at anew: AWS has moved labels by itself.
  const {versions} = await requireSecret(secret, ctx);
  for (const [version, labels] of Object.entries(versions)) {
    if (!labels.includes('AWSCURRENT')) await retire(secret, version, labels, ctx);
  }
}

/** Whether the run's own version is current, of that source, and no other has a label. */
export function hasNewValue(
  {versions}: Pick<SecretState, 'versions'>,
  given: NewValue,
  ctx: Context<AwsSession>,
): boolean {
  const labelled = Object.entries(versions).filter(([, labels]) => labels.some((label) => label !== pending));
  const isOwn = ([version, labels]: [string, readonly string[]]): boolean =>
    labels.includes('AWSCURRENT') && ctx.owns('secret-version', ownId(version, given));
  return labelled.length === 1 && labelled.every(isOwn);
}

/** With its source: what a step made up is not what its rollback is to put. */
export function ownId(version: string, {'value-from': from}: NewValue): string {
  return `${version} from ${from ?? 'nowhere'}`;
}

/** Known to the redactor before it is used. */
export async function readNewValue(
  {'value-from': from, generate}: NewValue,
  {base, redactor}: Context<AwsSession>,
): Promise<string> {
  const value =
    from === undefined
      ? randomBytes(generate ?? 32)
          .toString('base64url')
          .slice(0, generate ?? 32)
      : await readValue(path.resolve(base, from));
  redactor.add(value, 'value of a secret');
  return value;
}

async function readValue(file: string): Promise<string> {
  try {
    const value = (await readFile(file, 'utf8')).trim();
    if (value !== '') return value;
  } catch (error) {
    throw noValue(file, error instanceof Error && 'code' in error ? String(error.code) : 'error');
  }
  throw noValue(file, 'nothing in it');
}

function noValue(file: string, found: string): DriverError {
  return new DriverError(
    `Expected the new value of a secret in \`${file}\`, got ${found}. Is it issued by a step whose rollback comes later? Rollbacks run last step first.`,
    {code: 'failed', detail: 'no-value'},
  );
}
