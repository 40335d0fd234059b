import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action} from '../../contract/operation.ts';
import {fileWord} from '../shell-block.ts';
import {shellWord} from '../shell-quote.ts';
import {awsByHand} from './by-hand.ts';
import {isFailure, markedForDeletion} from './failure.ts';
import {secretField} from './fields.ts';
import {hasNewValue, newValueFields, putNewValue} from './new-value.ts';
import {scopeOfSecret, secretNeed} from './scope.ts';
import {findSecret, requireLiveSecret, requireSecret} from './secrets.ts';
import type {AwsSession} from './session.ts';

const input = z.strictObject({
  secret: secretField,
  'recovery-window-days': z.int().min(7).max(30).default(30).meta({description: 'For so long it can be restored'}),
  ...newValueFields,
});
type Input = z.infer<typeof input>;
type State = {readonly arn: string};

export const deleteSecret: Action<Input, State, AwsSession> = {
  description:
    'Marks a secret for deletion: its value is refused from then on, and can be restored until the recovery window ends.',
  input,
  effect: 'disables',
  unenforced: 'deletes at once, where AWS takes a time of its own',
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'DeleteSecret')],
  scope: scopeOfSecret,
  prepare: async ({secret}, ctx) => {
    const {arn, replicas} = await requireLiveSecret(secret, ctx);
    if (replicas.length > 0) throw hasReplicas(secret, replicas);
    return {arn};
  },
  execute: async ({secret, 'recovery-window-days': days}, _state, ctx) => {
    const request = {SecretId: secret, RecoveryWindowInDays: days};
    try {
      await ctx.call('delete-secret', () =>
        ctx.connection.client.secrets('DeleteSecret', (api, options) => api.deleteSecret(request, options), ctx.signal),
      );
    } catch (error) {
      // Marked already, by an attempt whose answer was lost.
      if (!isFailure(error, markedForDeletion)) throw error;
    }
  },
  inspect: async ({secret}, _state, ctx) => {
    const found = await findSecret(secret, ctx);
    return found === undefined || found.isMarkedForDeletion ? 'applied' : 'not-applied';
  },
  rollback: {
    uses: 'aws/restore-secret',
    with: ({secret, 'value-from': from, generate}) => ({
      secret,
      ...(from === undefined ? {} : {'value-from': from}),
      ...(generate === undefined ? {} : {generate}),
    }),
  },
};

const restoreInput = z
  .strictObject({secret: secretField, ...newValueFields})
  .refine((given) => (given['value-from'] === undefined) !== (given.generate === undefined), {
    message:
      'Expected exactly one of `value-from` and `generate`: a restored secret has the value that was taken, so that it gets another at once.',
  });

/** A secret that is restored comes back with the very value that was taken: it is replaced at once, and its labels are taken away. */
export const restoreSecret: Action<z.infer<typeof restoreInput>, undefined, AwsSession> = {
  description: 'Restores a secret that is marked for deletion, and gives it a new value at once.',
  input: restoreInput,
  effect: 'issues',
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'RestoreSecret', 'PutSecretValue', 'UpdateSecretVersionStage')],
  scope: scopeOfSecret,
  execute: async (given, _state, ctx) => {
    const {secret} = given;
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
