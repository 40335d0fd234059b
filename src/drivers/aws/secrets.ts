import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {isFailure} from './failure.ts';
import type {AwsSession} from './session.ts';

/** What AWS tells of a secret beside its value. */
export type SecretState = {
  readonly arn: string;
  readonly isMarkedForDeletion: boolean;
  /** Labels by version; a version without labels is left to AWS to purge. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
  readonly replicas: readonly string[];
  /** Those of them that have the value. */
  readonly inSync: readonly string[];
  /** By itself, as it is scheduled. */
  readonly rotates: boolean;
  /** The name of the Lambda function that does; undefined where there is none, or AWS manages the rotation. */
  readonly rotatedBy: string | undefined;
  readonly made: MadeWith;
};

/** What a secret is made with beside its name and value. */
export type MadeWith = {
  readonly description?: string | undefined;
  readonly 'kms-key-id'?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
};

type Ctx = Context<AwsSession>;

/** Undefined where it is not found: gone, or of another account or region. */
export async function findSecret(secret: string, {connection, signal}: Ctx): Promise<SecretState | undefined> {
  try {
    const described = await connection.client.secrets(
      'DescribeSecret',
      (api, options) => api.describeSecret({SecretId: secret}, options),
      signal,
    );
    return {
      arn: described.ARN ?? secret,
      isMarkedForDeletion: described.DeletedDate !== undefined,
      versions: described.VersionIdsToStages ?? {},
      replicas: (described.ReplicationStatus ?? []).flatMap(({Region}) => Region ?? []),
      inSync: (described.ReplicationStatus ?? []).flatMap(({Region, Status}) =>
        Status === 'InSync' ? (Region ?? []) : [],
      ),
      rotates: described.RotationEnabled === true,
      rotatedBy: functionIn(described.RotationLambdaARN),
      made: {
        ...(described.Description === undefined ? {} : {description: described.Description}),
        ...(described.KmsKeyId === undefined ? {} : {'kms-key-id': described.KmsKeyId}),
        // Those of AWS itself can't be given.
        tags: Object.fromEntries(
          (described.Tags ?? []).flatMap(({Key = '', Value = ''}) => (Key.startsWith('aws:') ? [] : [[Key, Value]])),
        ),
      },
    };
  } catch (error) {
    if (isFailure(error, 'ResourceNotFound')) return undefined;
    throw error;
  }
}

/** Emulators tell an empty one where there is none. */
function functionIn(arn = ''): string | undefined {
  return arn === '' ? undefined : (arn.split(':')[6] ?? arn);
}

/** Those without a label too, which are readable by their ids until AWS purges them. */
export async function listVersions(
  secret: string,
  {connection, signal}: Ctx,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const versions: Record<string, readonly string[]> = {};
  let token: string | undefined;
  do {
    const request = {SecretId: secret, IncludeDeprecated: true, ...(token === undefined ? {} : {NextToken: token})};
    const page = await connection.client.secrets(
      'ListSecretVersionIds',
      (api, options) => api.listSecretVersionIds(request, options),
      signal,
    );
    for (const {VersionId = '', VersionStages = []} of page.Versions ?? []) versions[VersionId] = VersionStages;
    token = page.NextToken === '' ? undefined : page.NextToken;
  } while (token !== undefined);
  return versions;
}

/** Forced, AWS deletes what is not there and says that it did: so it is looked for first. */
export async function requireSecret(secret: string, ctx: Ctx): Promise<SecretState> {
  const found = await ctx.call('describe-secret', () => findSecret(secret, ctx));
  if (found !== undefined) return found;
  throw new DriverError(
    `Expected the secret \`${secret}\` in this account and region, found none. Correct its name, or the region of the connection.`,
    {code: 'not-found', detail: 'no-such-secret'},
  );
}

/** One that is marked for deletion already was shut down by somebody else, and its rollback is not ours to make. */
export async function requireLiveSecret(secret: string, ctx: Ctx): Promise<SecretState> {
  const found = await requireSecret(secret, ctx);
  if (!found.isMarkedForDeletion) return found;
  throw new DriverError(
    `Expected the secret \`${secret}\` to be in use, and it is marked for deletion already. Restore it, or leave this step out.`,
    {code: 'conflict', detail: 'marked-for-deletion'},
  );
}

/** Who reads a label of their own would be left without one: a new value gets AWSCURRENT alone. */
export function refuseOwnLabels(secret: string, {versions}: Pick<SecretState, 'versions'>): void {
  const known = ['AWSCURRENT', 'AWSPREVIOUS', pending];
  const others = [...new Set(Object.values(versions).flat())].filter((label) => !known.includes(label));
  if (others.length === 0) return;
  throw new DriverError(
    `Expected no labels of the secret \`${secret}\` but those of AWS, found \`${others.join('`, `')}\`: a new value would not have them. Take them away, or leave this secret out.`,
    {code: 'conflict', detail: 'own-labels'},
  );
}

export function versionWith(label: string, {versions}: Pick<SecretState, 'versions'>): string | undefined {
  return Object.entries(versions).find(([, labels]) => labels.includes(label))?.[0];
}

/** Of a rotation that is under way, and puts it in force itself: it is left alone. */
export const pending = 'AWSPENDING';

/** Without any label it can be read by its id alone, until AWS purges it at a time of its own. */
export async function retire(secret: string, version: string, labels: readonly string[], ctx: Ctx): Promise<void> {
  for (const label of labels.filter((one) => one !== pending)) {
    const request = {SecretId: secret, VersionStage: label, RemoveFromVersionId: version};
    await ctx.call('retire-version', () =>
      ctx.connection.client.secrets(
        'UpdateSecretVersionStage',
        (api, options) => api.updateSecretVersionStage(request, options),
        ctx.signal,
      ),
    );
  }
}
