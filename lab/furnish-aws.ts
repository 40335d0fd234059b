import {randomBytes} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {IAM} from '@aws-sdk/client-iam';
import {SecretsManager} from '@aws-sdk/client-secrets-manager';
import {accountId, region, secrets} from './aws-account.ts';
import {issueBillingKey} from './billing-keys.ts';
import {enforceRights} from './moto.ts';

/**
 * Fills moto, and holds everybody to their rights from then on: an operator who may do everything, the role that a run takes,
 * and the users of two services. Returns the operator's credentials, as the text of a credentials file.
 */
export async function furnishAws({
  data,
  endpoint,
}: {
  readonly data: string;
  readonly endpoint: string;
}): Promise<string> {
  const credentials = {accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'nobody'};
  const iam = new IAM({region, endpoint, credentials});
  const manager = new SecretsManager({region, endpoint, credentials});
  for (const name of ['billing-api', 'billing-mcp', 'reporting']) await mkdir(path.join(data, name), {mode: 0o700});

  // Its key was changed before: AWS keeps the one before, as AWSPREVIOUS.
  const folder = path.join(data, 'billing-api');
  const apiKey = secrets['billing-mcp'];
  await manager.createSecret({Name: apiKey, SecretString: await issueBillingKey(folder)});
  await manager.putSecretValue({SecretId: apiKey, SecretString: await issueBillingKey(folder)});
  await manager.createSecret({Name: secrets.reporting, SecretString: randomBytes(24).toString('base64url')});

  for (const name of ['billing-mcp', 'reporting'] as const) {
    await iam.createUser({UserName: name});
    const PolicyDocument = allow(['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret']);
    const {Policy} = await iam.createPolicy({PolicyName: name, PolicyDocument});
    await iam.attachUserPolicy({UserName: name, PolicyArn: Policy?.Arn});
    await writeFile(path.join(data, name, 'credentials'), await createKey(iam, name), {mode: 0o600});
  }

  await iam.createUser({UserName: 'operator'});
  await iam.putUserPolicy({UserName: 'operator', PolicyName: 'rights', PolicyDocument: allow(['*'])});
  await iam.createRole({RoleName: 'offdrill', AssumeRolePolicyDocument: trustOf('operator')});
  await iam.putRolePolicy({RoleName: 'offdrill', PolicyName: 'rights', PolicyDocument: allow(drillRights)});
  const operator = await createKey(iam, 'operator');
  await enforceRights(endpoint);
  return operator;
}

/** What `drills/billing-mcp-aws.yaml` needs, and no more. */
const drillRights = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:DeleteSecret',
  'secretsmanager:RestoreSecret',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
  'iam:ListAccessKeys',
  'iam:GetAccessKeyLastUsed',
  'iam:UpdateAccessKey',
  'iam:DeleteAccessKey',
  'iam:CreateAccessKey',
  'iam:ListAttachedUserPolicies',
  'iam:DetachUserPolicy',
  'iam:AttachUserPolicy',
];

function allow(actions: readonly string[]): string {
  return policy({Effect: 'Allow', Action: actions, Resource: '*'});
}

function trustOf(user: string): string {
  const Principal = {AWS: `arn:aws:iam::${accountId}:user/${user}`};
  return policy({Effect: 'Allow', Principal, Action: 'sts:AssumeRole'});
}

function policy(statement: object): string {
  return JSON.stringify({Version: '2012-10-17', Statement: [statement]});
}

async function createKey(iam: IAM, user: string): Promise<string> {
  const {AccessKey} = await iam.createAccessKey({UserName: user});
  const {AccessKeyId, SecretAccessKey} = AccessKey ?? {};
  return `[default]\naws_access_key_id = ${AccessKeyId}\naws_secret_access_key = ${SecretAccessKey}\n`;
}
