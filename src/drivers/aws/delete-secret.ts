import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {fileWord} from '../shell-block.ts';
import {shellWord} from '../shell-quote.ts';
import {awsByHand} from './by-hand.ts';
import {isFailure, markedForDeletion} from './failure.ts';
import {secretField} from './fields.ts';
import {hasNewValue, newValueFields, putNewValue, readNewValue} from './new-value.ts';
import {scopeOfSecret, secretNeed} from './scope.ts';
import {findSecret, type MadeWith, requireLiveSecret, requireSecret} from './secrets.ts';
import type {AwsSession} from './session.ts';

const input = z.strictObject({
  secret: secretField,
  irreversible: z.string().min(10).optional().meta({
    description:
      'Why it is deleted for good, without a recovery window: nobody gets the value back, and the rollback makes another secret of that name',
  }),
  'recovery-window-days': z.int().min(7).max(30).default(30).meta({description: 'For so long it can be restored'}),
  ...newValueFields,
});
type Input = z.infer<typeof input>;
type State = {readonly arn: string; readonly made: MadeWith};

export const deleteSecret: Action<Input, State, AwsSession> = {
  description:
    'Marks a secret for deletion: its value is refused from then on, and can be restored until the recovery window ends.',
  input,
  effect: 'disables',
  unenforced: 'deletes at once, where AWS takes a time of its own',
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'DeleteSecret')],
  scope: scopeOfSecret,
  prepare: async ({secret}, ctx) => {
    const {arn, replicas, made} = await requireLiveSecret(secret, ctx);
    if (replicas.length > 0) throw hasReplicas(secret, replicas);
    return {arn, made};
  },
  execute: async ({secret, irreversible, 'recovery-window-days': days}, _state, ctx) => {
    const how = irreversible === undefined ? {RecoveryWindowInDays: days} : {ForceDeleteWithoutRecovery: true};
    const request = {SecretId: secret, ...how};
    try {
      await ctx.call('delete-secret', () =>
        ctx.connection.client.secrets('DeleteSecret', (api, options) => api.deleteSecret(request, options), ctx.signal),
      );
    } catch (error) {
      // Marked already, by an attempt whose answer was lost.
      if (!isFailure(error, markedForDeletion)) throw error;
    }
  },
  // One that is not found was not deleted by this, where a recovery window was asked for: somebody else did more.
  inspect: async ({secret, irreversible}, _state, ctx) => {
    const found = await findSecret(secret, ctx);
    if (found === undefined) return irreversible === undefined ? 'partly' : 'applied';
    return found.isMarkedForDeletion ? 'applied' : 'not-applied';
  },
  rollback: {
    uses: 'aws/restore-secret',
    with: ({secret, irreversible, 'value-from': from, generate}, state) => ({
      secret,
      ...(irreversible === undefined ? {} : {recreate: state?.made ?? {}}),
      ...(from === undefined ? {} : {'value-from': from}),
      ...(generate === undefined ? {} : {generate}),
    }),
  },
};

const restoreInput = z
  .strictObject({
    secret: secretField,
    recreate: z
      .strictObject({
        description: z.string().optional(),
        'kms-key-id': z.string().optional(),
        tags: z.record(z.string(), z.string()).optional(),
      })
      .optional()
      .meta({description: 'What the secret is made with where it is not there any more; without it, that is an error'}),
    ...newValueFields,
  })
  .refine((given) => (given['value-from'] === undefined) !== (given.generate === undefined), {
    message:
      'Expected exactly one of `value-from` and `generate`: a restored secret has the value that was taken, so that it gets another at once.',
  });

/** A secret that is restored comes back with the very value that was taken: it is replaced at once, and its labels are taken away. */
export const restoreSecret: Action<z.infer<typeof restoreInput>, undefined, AwsSession> = {
  description: 'Restores a secret that is marked for deletion, and gives it a new value at once.',
  input: restoreInput,
  effect: 'issues',
  needs: (of) => [
    secretNeed(
      of,
      ...['DescribeSecret', 'RestoreSecret', 'PutSecretValue', 'UpdateSecretVersionStage'],
      ...(of.recreate === undefined ? [] : ['CreateSecret', 'TagResource']),
    ),
  ],
  scope: scopeOfSecret,
  execute: async (given, _state, ctx) => {
    const {secret} = given;
    if (given.recreate !== undefined && (await findSecret(secret, ctx)) === undefined) {
      await createSecret(secret, given.recreate, await readNewValue(given, ctx), ctx);
      return;
    }
    const found = await requireSecret(secret, ctx);
    if (found.isMarkedForDeletion) {
      await ctx.call('restore-secret', () =>
        ctx.connection.client.secrets(
          'RestoreSecret',
          (api, options) => api.restoreSecret({SecretId: secret}, options),
          ctx.signal,
        ),
      );
    }
    await putNewValue(secret, given, found, ctx);
  },
  inspect: async ({secret}, _state, ctx) => {
    const found = await findSecret(secret, ctx);
    if (found === undefined || found.isMarkedForDeletion) return 'not-applied';
    return hasNewValue(found, ctx) ? 'applied' : 'partly';
  },
  byHand: ({secret, 'value-from': from}, at) => {
    const id = shellWord(secret);
    return awsByHand(
      [
        ...(from === undefined
          ? [`value=$(mktemp)`, `od -An -N32 -tx1 /dev/urandom | tr -d ' \\n' > "$value"`]
          : [`value=${fileWord(from, at.base)}`]),
        `aws secretsmanager restore-secret --secret-id ${id} > /dev/null`,
        `aws secretsmanager put-secret-value --secret-id ${id} --secret-string "file://$value" > /dev/null`,
        `aws secretsmanager list-secret-version-ids --secret-id ${id} --output table >&2`,
        'echo "Now take the label AWSPREVIOUS from the version before, by aws secretsmanager update-secret-version-stage."',
      ],
      at,
      [secret, from],
    );
  },
};

/** A replica that is promoted lives on by itself: they go first. */
function hasReplicas(secret: string, regions: readonly string[]): DriverError {
  return new DriverError(
    `Expected the secret \`${secret}\` to have no replicas, found some in ${regions.join(', ')}: AWS does not delete it before them. Put a step \`aws/remove-replicas\` before this one.`,
    {code: 'conflict', detail: 'has-replicas'},
  );
}

/** While AWS still purges the one before, its name is refused: that passes. */
async function createSecret(
  secret: string,
  {description, 'kms-key-id': key, tags = {}}: MadeWith,
  value: string,
  ctx: Context<AwsSession>,
): Promise<void> {
  const request = {
    Name: secret,
    SecretString: value,
    ...(description === undefined ? {} : {Description: description}),
    ...(key === undefined ? {} : {KmsKeyId: key}),
    Tags: Object.entries(tags).map(([Key, Value]) => ({Key, Value})),
  };
  try {
    const {VersionId = ''} = await ctx.call('create-secret', () =>
      ctx.connection.client.secrets('CreateSecret', (api, options) => api.createSecret(request, options), ctx.signal),
    );
    ctx.own('secret-version', VersionId);
  } catch (error) {
    if (!isFailure(error, markedForDeletion)) throw error;
    const {message, code, detail = ''} = error;
    throw new DriverError(message, {code, detail, retryable: true, cause: error.cause});
  }
}
