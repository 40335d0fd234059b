import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action} from '../../contract/operation.ts';
import {secretField} from './fields.ts';
import {hasNewValue, newValueFields, putNewValue} from './new-value.ts';
import {scopeOfSecret, secretNeed} from './scope.ts';
import {
  findSecret,
  pending,
  refuseOwnLabels,
  requireLiveSecret,
  requireSecret,
  retire,
  versionWith,
} from './secrets.ts';
import type {AwsSession} from './session.ts';
import {spreadMs} from './spread.ts';

const input = z
  .strictObject({secret: secretField, ...newValueFields})
  .refine((given) => (given['value-from'] === undefined) !== (given.generate === undefined), {
    message: 'Expected exactly one of `value-from` and `generate`.',
  });

type RotateState = {readonly current: string | null};

/** The value before stays readable as AWSPREVIOUS until its label is taken away, which this does. */
export const rotateSecret: Action<z.infer<typeof input>, RotateState, AwsSession> = {
  description: 'Gives a secret a new value, and takes every label from the ones before.',
  input,
  effect: 'rotates',
  within: spreadMs,
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage')],
  scope: scopeOfSecret,
  prepare: async ({secret}, ctx) => {
    const found = await requireLiveSecret(secret, ctx);
    refuseOwnLabels(secret, found);
    return {current: versionWith('AWSCURRENT', found) ?? null};
  },
  execute: async (given, _state, ctx) => putNewValue(given.secret, given, await requireSecret(given.secret, ctx), ctx),
  // Once another version is current it was begun: the labels of those before may be left.
  inspect: async (given, {current}, ctx) => {
    const found = await findSecret(given.secret, ctx);
    if (found === undefined) return 'not-applied';
    if (hasNewValue(found, given, ctx)) return 'applied';
    return (versionWith('AWSCURRENT', found) ?? null) === current ? 'not-applied' : 'partly';
  },
};

const retireInput = z.strictObject({
  secret: secretField,
  'version-id': z.string().min(1).optional().meta({
    description: 'One version; all but the current one where left out',
  }),
});
type RetireInput = z.infer<typeof retireInput>;
type RetireState = {readonly versions: readonly string[]};

/** AWS purges what has no label "in the background": until then it is readable by its id, so that only a probe of that id tells. */
export const retireVersion: Action<RetireInput, RetireState, AwsSession> = {
  description: 'Takes every label from the older versions of a secret, or from one, so that AWS purges them.',
  input: retireInput,
  effect: 'expires',
  within: spreadMs,
  unenforced: () => 'never purges a version without labels',
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'UpdateSecretVersionStage')],
  scope: scopeOfSecret,
  prepare: async (of, ctx) => {
    const {versions} = await requireLiveSecret(of.secret, ctx);
    const version = of['version-id'];
    if (version !== undefined && versions[version] === undefined) throw noSuchVersion(of.secret, version);
    return {versions: labelledOf(versions, of)};
  },
  execute: async (of, _state, ctx) => {
    const {versions} = await requireSecret(of.secret, ctx);
    for (const [version, labels] of Object.entries(versions)) {
      if (!isMeant(version, of)) continue;
      // A step before this one may have made another current.
      if (!labels.includes('AWSCURRENT')) await retire(of.secret, version, labels, ctx);
      else if (of['version-id'] !== undefined) throw isCurrent(of.secret, version);
    }
  },
  inspect: async (of, {versions: before}, ctx) => {
    const {versions = {}} = (await findSecret(of.secret, ctx)) ?? {};
    const left = labelledOf(versions, of);
    if (left.length === 0) return 'applied';
    return left.length < before.length ? 'partly' : 'not-applied';
  },
};

/** Which of those that are meant have a label still. */
function labelledOf(versions: Readonly<Record<string, readonly string[]>>, given: RetireInput): readonly string[] {
  const isLeft = ([version, labels]: [string, readonly string[]]): boolean =>
    isMeant(version, given) &&
    labels.some((label) => label !== pending) &&
    (given['version-id'] !== undefined || !labels.includes('AWSCURRENT'));
  return Object.entries(versions)
    .filter(isLeft)
    .map(([version]) => version);
}

function isMeant(version: string, given: RetireInput): boolean {
  return given['version-id'] === undefined || given['version-id'] === version;
}

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
