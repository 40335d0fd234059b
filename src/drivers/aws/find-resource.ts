import {DriverError} from '../../contract/driver-error.ts';
import type {AwsClient} from './client.ts';
import {isOwnUser} from './own-rights.ts';
import type {Place} from './place.ts';
import {resourceArn} from './resource-arn.ts';

export type Resource = {
  readonly arn: string;
  /** Why a policy may name it otherwise, as it goes on after "since". */
  readonly doubt?: string;
  /** Its name, where it is a secret. */
  readonly secret?: string;
};

type Asker = {
  readonly client: AwsClient;
  readonly place: Place;
  readonly account: string;
  readonly signal: AbortSignal;
};

/** The whole ARN of what a need names: AWS puts characters of its own behind the name of a secret, and a path before that of a user. */
export async function findResource(path: string, own: string, asker: Asker): Promise<Resource> {
  const {place, account} = asker;
  const arn = resourceArn(path, {region: place.region, account, suffix: 'AAAAAA'});
  if (isOwnUser(path) || arn === own) return {arn: own};
  if (path === '*') return {arn};
  if (arn.includes('*')) return {arn, doubt: 'only the run will know whom it means'};
  const [service, kind, ...rest] = path.split('/');
  if (service === 'secretsmanager') {
    const secret = path.slice(path.indexOf('/') + 1);
    const found = await arnOfSecret(secret, asker);
    return {
      arn: found ?? arn,
      secret,
      ...(found === undefined ? {doubt: 'only its name is known, and not its ARN'} : {}),
    };
  }
  if (service === 'lambda') return {arn, doubt: "the function's own policy may allow it"};
  const found = kind === 'user' || kind === 'role' ? await arnOfHolder(kind, rest.at(-1) ?? '', asker) : undefined;
  return found === undefined
    ? {arn, doubt: `it may stand under a path, as iam:Get${kind === 'role' ? 'Role' : 'User'} would tell`}
    : {arn: found};
}

/** True only where AWS says so: otherwise that policy may give what no other gives. */
export async function hasNoPolicy({secret}: Resource, {client, signal}: Asker): Promise<boolean> {
  if (secret === undefined) return true;
  const answer = await told(
    client.secrets('GetResourcePolicy', (api, options) => api.getResourcePolicy({SecretId: secret}, options), signal),
  );
  return answer !== undefined && answer.ResourcePolicy === undefined;
}

async function arnOfSecret(secret: string, {client, signal}: Asker): Promise<string | undefined> {
  const answer = await told(
    client.secrets('DescribeSecret', (api, options) => api.describeSecret({SecretId: secret}, options), signal),
  );
  return answer?.ARN;
}

async function arnOfHolder(kind: 'user' | 'role', name: string, {client, signal}: Asker): Promise<string | undefined> {
  if (kind === 'role') {
    const answer = await told(client.iam('GetRole', (api, options) => api.getRole({RoleName: name}, options), signal));
    return answer?.Role?.Arn;
  }
  const answer = await told(client.iam('GetUser', (api, options) => api.getUser({UserName: name}, options), signal));
  return answer?.User?.Arn;
}

/** Undefined where AWS does not tell, for whatever reason: then it is not known. */
async function told<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DriverError) return undefined;
    throw error;
  }
}
