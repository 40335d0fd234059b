import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {deleteSecret} from '../../../src/drivers/aws/delete-secret.ts';
import {allowSecret, denySecret} from '../../../src/drivers/aws/deny-secret.ts';
import {deactivateAccessKey, deleteAccessKey} from '../../../src/drivers/aws/end-access-key.ts';
import {holdings, holdingsAlive} from '../../../src/drivers/aws/holdings.ts';
import {issueAccessKey} from '../../../src/drivers/aws/issue-access-key.ts';
import {removeReplicas, replicateSecret} from '../../../src/drivers/aws/remove-replicas.ts';
import type {AwsSession} from '../../../src/drivers/aws/session.ts';
import {deliver} from '../../../src/drivers/deliver.ts';
import type {TestContext} from '../../helpers/context.ts';
import {type Account, accountId, startAccount} from './account.ts';
import {interceptCalls} from './intercept-calls.ts';

/** What each request says, where moto answers the same without it. */
describe('drivers/aws requests', () => {
  let account: Account;
  let ctx: TestContext<AwsSession>;
  let secret: string;
  let count = 0;
  beforeAll(async () => {
    account = await startAccount();
  });
  afterAll(() => account?.down());
  beforeEach(async () => {
    ctx = await account.open();
    secret = `asked/${count++}`;
    await account.secrets.createSecret({Name: secret, SecretString: 'value-of-a-secret'});
  });

  it('UpdateAccessKey and DeleteAccessKey always have a UserName, without which they act on the caller', async () => {
    const {credentials, id} = await account.createUser('named', ['iam:GetUser']);
    const {AccessKeyMetadata = []} = await account.iam.listAccessKeys({});
    expect(AccessKeyMetadata.map(({UserName}) => UserName)).toEqual(['operator']);
    await deliver(path.join(account.base, 'named'), credentials, 'the access key');
    const input = deactivateAccessKey.input.parse({user: 'named', 'access-key-id': id, 'deliver-to': 'named'});
    const asked = interceptCalls('iam');

    const state = await deactivateAccessKey.prepare?.(input, ctx);
    if (state === undefined) throw new Error('nothing prepared');
    await deactivateAccessKey.execute(input, state, ctx);
    await deleteAccessKey.execute(input, state, ctx);
    await issueAccessKey.execute({user: 'named', 'deliver-to': 'named'}, undefined, ctx);

    const ofKeys = asked.filter(({method}) => method !== 'getAccessKeyLastUsed');
    expect(new Set(ofKeys.map(({method}) => method))).toEqual(
      new Set(['listAccessKeys', 'updateAccessKey', 'deleteAccessKey', 'createAccessKey']),
    );
    expect(new Set(ofKeys.map(({request}) => Object(request).UserName))).toEqual(new Set(['named']));
  });

  it('PutResourcePolicy always has BlockPublicPolicy, and DeleteResourcePolicy leaves none', async () => {
    const input = denySecret.input.parse({secret, principal: `arn:aws:iam::${accountId}:user/reader`});
    const others = {Version: '2012-10-17', Statement: [{Effect: 'Deny', Principal: '*', Action: '*', Resource: '*'}]};
    const asked = interceptCalls('secrets');

    await denySecret.execute(input, {policy: null}, ctx);
    await allowSecret.execute(input, undefined, ctx);
    await account.secrets.putResourcePolicy({SecretId: secret, ResourcePolicy: JSON.stringify(others)});
    await denySecret.execute(input, {policy: null}, ctx);
    await allowSecret.execute(input, undefined, ctx);

    const written = asked.filter(({method}) => method.endsWith('ResourcePolicy') && method !== 'getResourcePolicy');
    expect(written.map(({method, request}) => [method, Object(request).BlockPublicPolicy])).toEqual([
      ['putResourcePolicy', true],
      ['deleteResourcePolicy', undefined],
      ['putResourcePolicy', true],
      ['putResourcePolicy', true],
    ]);
  });

  it('StopReplicationToReplica is never asked for: it would make the replica a secret that survives', async () => {
    const regions = ['us-east-1', 'us-west-2'];
    const input = removeReplicas.input.parse({secret, regions});
    const asked = interceptCalls('secrets');

    await replicateSecret.execute(input, undefined, ctx);
    await removeReplicas.prepare?.(input, ctx);
    await removeReplicas.execute(input, undefined, ctx);
    expect(await removeReplicas.inspect?.(input, undefined, ctx)).toBe('applied');
    await deleteSecret.execute(deleteSecret.input.parse({secret}), {arn: '', made: {}}, ctx);

    expect(asked.map(({method}) => method).filter((method) => method !== 'describeSecret')).toEqual([
      'replicateSecretToRegions',
      'removeRegionsFromReplication',
      'deleteSecret',
    ]);
    expect(removeReplicas.needs?.(input)[0]?.capabilities).not.toContain('secretsmanager:StopReplicationToReplica');
  });

  it('ListSecretVersionIds always has IncludeDeprecated, without which it hides versions without a label', async () => {
    const asked = interceptCalls('secrets');

    const held = await holdings.take(holdings.input.parse({secrets: [secret]}), ctx);
    await holdingsAlive.observe(holdingsAlive.input.parse({holdings: held}), ctx);

    const listed = asked.filter(({method}) => method === 'listSecretVersionIds');
    expect(listed.map(({request}) => request)).toEqual([
      {SecretId: secret, IncludeDeprecated: true},
      {SecretId: secret, IncludeDeprecated: true},
    ]);
  });

  it('DeleteSecret has a RecoveryWindowInDays or ForceDeleteWithoutRecovery, never both', async () => {
    const asked = interceptCalls('secrets');
    const other = `${secret}-for-good`;
    await account.secrets.createSecret({Name: other, SecretString: 'value-of-a-secret'});
    const irreversible = 'nobody may restore it';

    for (const given of [
      {secret, 'recovery-window-days': 7},
      {secret: other, 'recovery-window-days': 7, irreversible},
    ])
      await deleteSecret.execute(deleteSecret.input.parse(given), {arn: '', made: {}}, ctx);

    expect(asked.flatMap(({method, request}) => (method === 'deleteSecret' ? [request] : []))).toEqual([
      {SecretId: secret, RecoveryWindowInDays: 7},
      {SecretId: other, ForceDeleteWithoutRecovery: true},
    ]);
  });
});
