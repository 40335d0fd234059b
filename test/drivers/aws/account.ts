import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {IAM} from '@aws-sdk/client-iam';
import {SecretsManager} from '@aws-sdk/client-secrets-manager';
import {enforceRights} from '../../../lab/moto.ts';
import {connection} from '../../../src/drivers/aws/connection.ts';
import {renderCredentials} from '../../../src/drivers/aws/credentials.ts';
import type {AwsSession} from '../../../src/drivers/aws/session.ts';
import {contextOf, type TestContext} from '../../helpers/context.ts';
import {startMotoServer} from '../../helpers/moto-server.ts';
import {type TestImages, testImages} from '../../helpers/test-images.ts';

const region = 'eu-central-1';
export const accountId = '123456789012';

export type Account = {
  readonly endpoint: string;
  /** Where files are delivered. */
  readonly base: string;
  /** As a person with every right would ask. */
  readonly iam: IAM;
  readonly secrets: SecretsManager;
  /** The operator's, who may do everything, as the text of a credentials file. */
  readonly operator: string;
  /** A user with these rights and a key, as the text of a credentials file. */
  createUser(name: string, actions: readonly string[]): Promise<{credentials: string; id: string}>;
  /** The driver's connection with the operator's credentials, and what an operation gets. */
  open(given?: object, options?: {readonly owned?: Set<string>}): Promise<TestContext<AwsSession>>;
  down(): Promise<void>;
};

/** moto with an operator in it, its authorisation switched on: in a container or a process, as the tests were told. */
export async function startAccount(images: TestImages = testImages(process.env)): Promise<Account> {
  const base = await mkdtemp(path.join(tmpdir(), 'offdrill-aws-'));
  const {endpoint, stop} = await startMotoServer(images);
  const anybody = settings(endpoint, {accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'nobody'});
  const {credentials: operator, keys} = await furnishUser(new IAM(anybody), 'operator', ['*']);
  await enforceRights(endpoint);
  const iam = new IAM(settings(endpoint, keys));
  return {
    endpoint,
    base,
    iam,
    secrets: new SecretsManager(settings(endpoint, keys)),
    operator,
    createUser: async (name, actions) => {
      const {credentials, keys: made} = await furnishUser(iam, name, actions);
      return {credentials, id: made.accessKeyId};
    },
    open: async (given = {}, {owned} = {}) => {
      const known = contextOf(undefined, {base, ...(owned === undefined ? {} : {owned})});
      const idsOf = (kind: string): readonly string[] =>
        [...known.owned].flatMap((one) => (one.startsWith(`${kind} `) ? [one.slice(kind.length + 1)] : []));
      const input = connection.input.parse({region, endpoint, credentials: operator, ...given});
      const session = await connection.open(input, {...known, owned: idsOf, ownedEarlier: () => []});
      await session.identify(known.signal);
      return {...known, connection: session};
    },
    down: async () => {
      await stop();
      await rm(base, {recursive: true, force: true});
    },
  };
}

function settings(endpoint: string, credentials: {accessKeyId: string; secretAccessKey: string}) {
  return {region, endpoint, credentials};
}

async function furnishUser(iam: IAM, name: string, actions: readonly string[]) {
  await iam.createUser({UserName: name});
  const statement = {Effect: 'Allow', Action: actions, Resource: '*'};
  const PolicyDocument = JSON.stringify({Version: '2012-10-17', Statement: [statement]});
  await iam.putUserPolicy({UserName: name, PolicyName: 'rights', PolicyDocument});
  const {AccessKey} = await iam.createAccessKey({UserName: name});
  const keys = {accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? ''};
  return {credentials: renderCredentials(keys), keys};
}

export function readDelivered(account: Account, name: string): Promise<string> {
  return readFile(path.join(account.base, name), 'utf8');
}
