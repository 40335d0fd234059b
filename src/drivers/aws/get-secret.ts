import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Context, Need, Probe} from '../../contract/operation.ts';
import type {AwsClient} from './client.ts';
import {credentialsField} from './credentials.ts';
import {isFailure, observeRefusal} from './failure.ts';
import {secretField} from './fields.ts';
import {keyNeed, observeAs} from './observe-as.ts';
import {secretNeed} from './scope.ts';
import type {AwsSession} from './session.ts';

const controlField = secretField.optional().meta({
  description:
    'Another secret of the same account and region, which must stay: while the run finds that one, a secret that is not found is gone',
});

const describeInput = z.strictObject({secret: secretField, credentials: credentialsField, control: controlField});

const input = describeInput
  .extend({
    'version-stage': z.string().min(1).optional().meta({description: 'Such as AWSPREVIOUS; AWSCURRENT where left out'}),
    'version-ids': z.array(z.string().min(1)).optional().meta({
      description:
        'Versions by their ids, such as those of `aws/secret-value`: each is asked for, and one that is readable is enough',
    }),
  })
  .refine((given) => given['version-stage'] === undefined || given['version-ids'] === undefined, {
    message: 'Expected `version-stage` or `version-ids`, not both.',
    path: ['version-ids'],
  });
type Input = z.infer<typeof input>;

/** A version that has no label any more stays readable by its id until AWS purges it. */
export const getSecret: Probe<Input, AwsSession> = {
  description: 'Whether a credential may still read the value of a secret, of one label or of given versions.',
  input,
  needs: ({secret, control}) => needsOf(secret, control),
  carriesCredential: () => true,
  provesItself: true,
  observe: async (given, ctx) => {
    const versions = given['version-ids'];
    if (versions === undefined) return observeRead(given, {VersionStage: given['version-stage'] ?? 'AWSCURRENT'}, ctx);
    const seen: Observation[] = [];
    for (const id of versions) {
      const observation = await observeRead(given, {VersionId: id}, ctx);
      if (observation.state === 'allowed') return observation;
      seen.push(observation);
    }
    // What speaks least for its end: one that is not refused, then one that is refused and lives on.
    const doubtful = seen.find(({state}) => state !== 'denied') ?? seen.find(({surface}) => surface !== undefined);
    return doubtful ?? seen[0] ?? {state: 'indeterminate', code: 'no-version'};
  },
};

/** A right of its own: a policy may deny the value and still tell that there is one. */
export const describeSecret: Probe<z.infer<typeof describeInput>, AwsSession> = {
  description: 'Whether a credential may still read what a secret is, without its value.',
  input: describeInput,
  needs: ({control}) => needsOf(control),
  carriesCredential: () => true,
  provesItself: true,
  observe: (given, ctx) =>
    observeAs(
      given.credentials,
      ctx,
      (client) =>
        client.secrets(
          'DescribeSecret',
          (api, options) => api.describeSecret({SecretId: given.secret}, options),
          ctx.signal,
        ),
      (error) => observeNotFound(given, ctx, error),
    ),
};

function observeRead(
  given: Input,
  which: {readonly VersionStage?: string; readonly VersionId?: string},
  ctx: Context<AwsSession>,
): Promise<Observation> {
  const read = async (client: AwsClient): Promise<void> => {
    const request = {SecretId: given.secret, ...which};
    const {SecretString} = await client.secrets(
      'GetSecretValue',
      (api, options) => api.getSecretValue(request, options),
      ctx.signal,
    );
    if (SecretString !== undefined) ctx.redactor.add(SecretString, 'value of a secret');
  };
  return observeAs(given.credentials, ctx, read, async (error) => {
    const isLabelGone =
      which.VersionStage !== undefined && isFailure(error, 'ResourceNotFound') && (await isThere(given.secret, ctx));
    // The version that had the label is readable by its id until AWS purges it.
    if (isLabelGone) return {state: 'denied', code: 'no-such-label', ownControl: true, surface: 'disarmed'};
    return observeNotFound(given, ctx, error);
  });
}

async function observeNotFound(
  {control}: Pick<Input, 'control'>,
  ctx: Context<AwsSession>,
  error: unknown,
): Promise<Observation> {
  if (isFailure(error, 'ResourceNotFound') && control !== undefined && (await isThere(control, ctx))) {
    return {state: 'denied', code: 'ResourceNotFound', ownControl: true};
  }
  return observeRefusal(error);
}

/** Asked with the run's own credential, so that it says nothing of the integration's. */
async function isThere(secret: string, {connection, signal}: Context<AwsSession>): Promise<boolean> {
  try {
    await connection.client.secrets(
      'DescribeSecret',
      (api, options) => api.describeSecret({SecretId: secret}, options),
      signal,
    );
    return true;
  } catch {
    return false;
  }
}

/** What was found missing is looked for with the run's own right. */
function needsOf(...looked: readonly (string | undefined)[]): readonly Need[] {
  const secrets = looked.filter((secret) => secret !== undefined);
  return [keyNeed, ...secrets.map((secret) => secretNeed({secret}, 'DescribeSecret'))];
}
