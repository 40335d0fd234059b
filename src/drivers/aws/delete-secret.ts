import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {fileWord} from '../shell-block.ts';
import {shellWord} from '../shell-quote.ts';
import {awsByHand} from './by-hand.ts';
import {isFailure, markedForDeletion} from './failure.ts';
import {secretField} from './fields.ts';
import {hasNewValue, type NewValue, newValueFields, ownId, putNewValue, readNewValue} from './new-value.ts';
import {scopeOfSecret, secretNeed} from './scope.ts';
import {
  findSecret,
  type MadeWith,
  refuseOwnLabels,
  requireLiveSecret,
  requireSecret,
  type SecretState,
} from './secrets.ts';
import type {AwsSession} from './session.ts';
import {spreadMs} from './spread.ts';

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
  within: spreadMs,
  unenforced: ({irreversible}) =>
    irreversible === undefined ? undefined : 'deletes at once, where AWS takes a time of its own',
  needs: (of) => [
    secretNeed(
      of,
      ...['DescribeSecret', 'DeleteSecret'],
      // What its rollback makes the secret with is known only in the run.
      ...(of.irreversible === undefined ? [] : ['GetResourcePolicy', 'CreateSecret', 'TagResource']),
    ),
  ],
  scope: scopeOfSecret,
  prepare: async ({secret, irreversible}, ctx) => {
    const found = await requireLiveSecret(secret, ctx);
    refuseOwnLabels(secret, found);
    if (irreversible !== undefined) await refuseWhatCanNotBeMade(secret, found, ctx);
    return {arn: found.arn, made: found.made};
  },
  execute: async ({secret, irreversible, 'recovery-window-days': days}, _state, ctx) => {
    const how = irreversible === undefined ? {RecoveryWindowInDays: days} : {ForceDeleteWithoutRecovery: true};
    const request = {SecretId: secret, ...how};
    // Gone for good, by an attempt whose answer was lost.
    const isBegun = irreversible !== undefined && ctx.owns('deleted-secret', secret);
    if (isBegun && (await findSecret(secret, ctx)) === undefined) return;
    // Looked at only now: a step before this one may have removed them.
    const {replicas, isMarkedForDeletion} = await requireSecret(secret, ctx);
    if (isMarkedForDeletion) return;
    if (replicas.length > 0) throw hasReplicas(secret, replicas);
    ctx.own('deleted-secret', secret);
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
      ...(irreversible === undefined || state === undefined ? {} : {recreate: state.made}),
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
  within: spreadMs,
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
    const before = await ctx.call('describe-secret', () => findSecret(secret, ctx));
    // Marked by a deletion for good, it is being purged: that is waited for.
    if (given.recreate !== undefined && (before === undefined || before.isMarkedForDeletion)) {
      await createSecret(given, given.recreate, ctx);
      return;
    }
    const found = before ?? (await requireSecret(secret, ctx));
    if (found.isMarkedForDeletion) {
      ctx.own('restored-secret', found.arn);
      await ctx.call('restore-secret', () =>
        ctx.connection.client.secrets(
          'RestoreSecret',
          (api, options) => api.restoreSecret({SecretId: secret}, options),
          ctx.signal,
        ),
      );
    }
    // In use, and neither deleted nor restored by this run: nothing was taken from it.
    if (isTouched(secret, found.arn, ctx)) await putNewValue(secret, given, found, ctx);
  },
  inspect: async (given, _state, ctx) => {
    const found = await findSecret(given.secret, ctx);
    if (found === undefined || found.isMarkedForDeletion) return 'not-applied';
    return !isTouched(given.secret, found.arn, ctx) || hasNewValue(found, given, ctx) ? 'applied' : 'partly';
  },
  byHand: ({secret, 'value-from': from}, at) => {
    const id = shellWord(secret);
    const before = `--query "Versions[?contains(VersionStages, 'AWSPREVIOUS')].VersionId" --output text`;
    return awsByHand(
      [
        ...(from === undefined
          ? ['value=$(mktemp)', 'od -An -N32 -tx1 /dev/urandom | tr -d \' \\n\' > "$value"']
          : [`value=${fileWord(from, at.base)}`]),
        `aws secretsmanager restore-secret --secret-id ${id} > /dev/null`,
        // Without the end of its last line, and on no command line.
        'umask 077',
        'plain=$(mktemp)',
        'printf %s "$(cat "$value")" > "$plain"',
        `aws secretsmanager put-secret-value --secret-id ${id} --secret-string "file://$plain" > /dev/null`,
        `rm -f "$plain"${from === undefined ? ' "$value"' : ''}`,
        `before=$(aws secretsmanager list-secret-version-ids --secret-id ${id} ${before})`,
        `aws secretsmanager update-secret-version-stage --secret-id ${id} --version-stage AWSPREVIOUS --remove-from-version-id "$before" > /dev/null`,
        'echo "Done: the secret has a value of its own, and the one before has no label."',
      ],
      at,
      [secret, from],
    );
  },
};

/** One that somebody else restored in between has the value that was taken, too. */
function isTouched(secret: string, arn: string, ctx: Context<AwsSession>): boolean {
  return ctx.owns('restored-secret', arn) || ctx.owns('deleted-secret', secret);
}

/** Another secret of the same name would be without them. */
async function refuseWhatCanNotBeMade(
  secret: string,
  {replicas, rotates}: SecretState,
  ctx: Context<AwsSession>,
): Promise<void> {
  const {ResourcePolicy} = await ctx.call('get-policy', () =>
    ctx.connection.client.secrets(
      'GetResourcePolicy',
      (api, options) => api.getResourcePolicy({SecretId: secret}, options),
      ctx.signal,
    ),
  );
  const has = [
    ...(ResourcePolicy === undefined ? [] : ['a policy']),
    ...(rotates ? ['rotation'] : []),
    ...(replicas.length === 0 ? [] : ['replicas']),
  ];
  if (has.length === 0) return;
  throw new DriverError(
    `Expected a secret that can be made anew by its value, description, key and tags alone, and \`${secret}\` has ${has.join(' and ')}. Leave out \`irreversible\`: restored, it keeps them.`,
    {code: 'conflict', detail: 'not-remade'},
  );
}

/** A replica that is promoted lives on by itself: they go first. */
function hasReplicas(secret: string, regions: readonly string[]): DriverError {
  return new DriverError(
    `Expected the secret \`${secret}\` to have no replicas, found some in ${regions.join(', ')}: AWS does not delete it before them. Put a step \`aws/remove-replicas\` before this one.`,
    {code: 'conflict', detail: 'has-replicas'},
  );
}

/** While AWS still purges the one before, its name is refused: that passes, and is waited for. */
async function createSecret(
  given: NewValue & {readonly secret: string},
  {description, 'kms-key-id': key, tags = {}}: MadeWith,
  ctx: Context<AwsSession>,
): Promise<void> {
  const {secret} = given;
  const request = {
    Name: secret,
    SecretString: await readNewValue(given, ctx),
    ...(description === undefined ? {} : {Description: description}),
    ...(key === undefined ? {} : {KmsKeyId: key}),
    Tags: Object.entries(tags).map(([Key, Value]) => ({Key, Value})),
  };
  const until = ctx.clock.now() + purgeMs;
  for (;;) {
    try {
      const {VersionId = '', ARN = secret} = await ctx.call('create-secret', () =>
        ctx.connection.client.secrets('CreateSecret', (api, options) => api.createSecret(request, options), ctx.signal),
      );
      ctx.own('restored-secret', ARN);
      ctx.own('secret-version', ownId(VersionId, given));
      return;
    } catch (error) {
      if (!isFailure(error, markedForDeletion) || ctx.clock.now() > until) throw error;
      ctx.draining(`the secret \`${secret}\` before, which AWS purges`, Math.round(until));
      await ctx.clock.sleep(pauseMs, ctx.signal);
    }
  }
}

/** "A short delay", says AWS. */
const purgeMs = 120_000;
const pauseMs = 5000;
