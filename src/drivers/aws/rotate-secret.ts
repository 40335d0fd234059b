import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action} from '../../contract/operation.ts';
import {secretField} from './fields.ts';
import {hasNewValue, newValueFields, putNewValue} from './new-value.ts';
import {scopeOfSecret, secretNeed} from './scope.ts';
import {findSecret, requireLiveSecret, requireSecret, retire} from './secrets.ts';
import type {AwsSession} from './session.ts';

const input = z
  .strictObject({secret: secretField, ...newValueFields})
  .refine((given) => (given['value-from'] === undefined) !== (given.generate === undefined), {
    message: 'Expected exactly one of `value-from` and `generate`.',
  });

/** The value before stays readable as AWSPREVIOUS until its label is taken away, which this does. */
export const rotateSecret: Action<z.infer<typeof input>, undefined, AwsSession> = {
  description: 'Gives a secret a new value, and takes every label from the ones before.',
  input,
  effect: 'rotates',
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage')],
  scope: scopeOfSecret,
  prepare: async ({secret}, ctx) => {
    await requireLiveSecret(secret, ctx);
    return undefined;
  },
  execute: async (given, _state, ctx) => putNewValue(given.secret, given, await requireSecret(given.secret, ctx), ctx),
  inspect: async ({secret}, _state, ctx) => {
    const found = await findSecret(secret, ctx);
    return found !== undefined && hasNewValue(found, ctx) ? 'applied' : 'not-applied';
  },
};

const retireInput = z.strictObject({
  secret: secretField,
  'version-id': z
    .string()
    .min(1)
    .meta({description: 'The version, such as `versionId` of a captured `aws/secret-value`'}),
});
type RetireState = {readonly labels: readonly string[]};

/** AWS purges what has no label "in the background": until then it is readable by its id, so that only a probe of that id tells. */
export const retireVersion: Action<z.infer<typeof retireInput>, RetireState, AwsSession> = {
  description: 'Takes every label from one version of a secret, so that AWS purges it.',
  input: retireInput,
  effect: 'expires',
  unenforced: 'never purges a version without labels',
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'UpdateSecretVersionStage')],
  scope: scopeOfSecret,
  prepare: async ({secret, 'version-id': version}, ctx) => {
    const {versions} = await requireLiveSecret(secret, ctx);
    const labels = versions[version];
    if (labels === undefined) throw noSuchVersion(secret, version);
    if (labels.includes('AWSCURRENT')) throw isCurrent(secret, version);
    return {labels};
  },
  execute: async ({secret, 'version-id': version}, _state, ctx) => {
    const {versions} = await requireSecret(secret, ctx);
    await retire(secret, version, versions[version] ?? [], ctx);
  },
  inspect: async ({secret, 'version-id': version}, {labels}, ctx) => {
    const left = (await findSecret(secret, ctx))?.versions[version] ?? [];
    if (left.length === 0) return 'applied';
    return left.length < labels.length ? 'partly' : 'not-applied';
  },
};

function noSuchVersion(secret: string, version: string): DriverError {
  return new DriverError(
    `Expected the secret \`${secret}\` to have the version \`${version}\`, and it has no such one with a label. Correct it.`,
    {
      code: 'not-found',
      detail: 'no-such-version',
    },
  );
}

function isCurrent(secret: string, version: string): DriverError {
  return new DriverError(
    `Expected another version of \`${secret}\` to be current, and \`${version}\` is: AWS keeps one. Put a step \`aws/rotate-secret\` before this one.`,
    {code: 'conflict', detail: 'current-version'},
  );
}
