import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {deleteSecret, restoreSecret} from '../../../src/drivers/aws/delete-secret.ts';
import {allowSecret, denySecret} from '../../../src/drivers/aws/deny-secret.ts';
import {describeSecret, getSecret} from '../../../src/drivers/aws/get-secret.ts';
import {holdings, holdingsAlive} from '../../../src/drivers/aws/holdings.ts';
import {removeReplicas, replicateSecret} from '../../../src/drivers/aws/remove-replicas.ts';
import {retireVersion, rotateSecret} from '../../../src/drivers/aws/rotate-secret.ts';
import {secretValue} from '../../../src/drivers/aws/secret-value.ts';
import type {AwsSession} from '../../../src/drivers/aws/session.ts';
import type {TestContext} from '../../helpers/context.ts';
import {type Account, startAccount} from './account.ts';

describe('drivers/aws/secrets', () => {
  let account: Account;
  let credentials: string;
  let ctx: TestContext<AwsSession>;
  let count = 0;
  beforeAll(async () => {
    account = await startAccount();
    const rights = ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'];
    ({credentials} = await account.createUser('reader', rights));
  });
  afterAll(() => account?.down());
  beforeEach(async () => {
    ctx = await account.open();
  });

  /** A secret of its own, with the values that it had, the last one current. */
  const create = async (...values: readonly string[]) => {
    const [first = 'value-of-a-secret', ...others] = values;
    const secret = `billing/${count++}`;
    await account.secrets.createSecret({Name: secret, SecretString: first});
    for (const value of others) await account.secrets.putSecretValue({SecretId: secret, SecretString: value});
    return secret;
  };
  const reading = (secret: string, given: object = {}) => getSecret.input.parse({secret, credentials, ...given});
  const take = (secret: string) => secretValue.take(secretValue.input.parse({secret, credentials}), ctx);

  it('captures what the integration reads, and the versions that have a label', async () => {
    const secret = await create('the-first-value', 'the-second-value');

    const taken = await take(secret);

    expect(taken).toMatchObject({value: 'the-second-value', versionIds: [expect.any(String), expect.any(String)]});
    expect(taken.versionIds).toContain(taken.versionId);
    expect(ctx.known.get('the-second-value')).toBe('value of a secret');
  });

  it('eventual consistency: what is refused to a new right may be captured again', async () => {
    const secret = await create();
    const rightless = (await account.createUser('without-rights', ['iam:GetUser'])).credentials;

    const refused = secretValue.take(secretValue.input.parse({secret, credentials: rightless}), ctx);

    await expect(refused).rejects.toMatchObject({code: 'forbidden', detail: 'AccessDenied', retryable: true});
    await expect(take('no/such')).rejects.toMatchObject({detail: 'ResourceNotFound', retryable: false});
  });

  it('captures one field of a value that is JSON, and quotes nothing of one that is none', async () => {
    const json = await create(JSON.stringify({key: 'value-in-a-field'}));
    const text = await create('no-json-at-all');
    const of = (secret: string, field: string) => secretValue.input.parse({secret, credentials, field});

    expect(await secretValue.take(of(json, 'key'), ctx)).toMatchObject({value: 'value-in-a-field'});
    await expect(secretValue.take(of(json, 'other'), ctx)).rejects.toMatchObject({detail: 'no-such-field'});
    await expect(secretValue.take(of(text, 'key'), ctx)).rejects.toMatchObject({
      message: expect.not.stringContaining('no-json-at-all'),
    });
  });

  describe('get-secret', () => {
    it('AWSPREVIOUS stays readable after a new value is put', async () => {
      const secret = await create('the-first-value', 'the-second-value');

      expect(await getSecret.observe(reading(secret, {'version-stage': 'AWSPREVIOUS'}), ctx)).toMatchObject({
        state: 'allowed',
      });
    });

    it('a version without a label stays readable by its id', async () => {
      const secret = await create('the-first-value');
      const {versionId} = await take(secret);
      await rotateSecret.execute(rotateSecret.input.parse({secret, generate: 20}), {current: null}, ctx);

      const byId = await getSecret.observe(reading(secret, {'version-ids': [versionId]}), ctx);
      const byLabel = await getSecret.observe(reading(secret, {'version-stage': 'AWSPREVIOUS'}), ctx);

      expect(byId.state).toBe('allowed');
      expect(byLabel).toEqual({state: 'denied', code: 'no-such-label', ownControl: true, surface: 'disarmed'});
    });

    it('ResourceNotFound may mean another region, account or name: it is gone only with a positive control', async () => {
      const there = await create();

      expect(await getSecret.observe(reading('billing/none'), ctx)).toEqual({
        state: 'indeterminate',
        code: 'ResourceNotFound',
      });
      expect(await getSecret.observe(reading('billing/none', {control: 'billing/neither'}), ctx)).toMatchObject({
        state: 'indeterminate',
      });
      expect(await getSecret.observe(reading('billing/none', {control: there}), ctx)).toEqual({
        state: 'denied',
        code: 'ResourceNotFound',
        ownControl: true,
      });
    });

    it('asks nobody where the endpoint is gone', async () => {
      const lost = await account.open();
      const elsewhere = await account.open({endpoint: account.endpoint});
      expect(elsewhere.connection.place).toEqual(lost.connection.place);
      const {connection} = await import('../../../src/drivers/aws/connection.ts');
      const input = connection.input.parse({
        region: 'eu-central-1',
        endpoint: 'http://127.0.0.1:1',
        credentials: account.operator,
      });
      const session = await connection.open(input, {...lost, owned: () => [], ownedEarlier: () => []});

      expect(await getSecret.observe(reading('billing/any'), {...lost, connection: session})).toEqual({
        state: 'unreachable',
        code: 'ECONNREFUSED',
      });
      expect(await session.control(lost.signal)).toBe(false);
    });
  });

  describe('delete-secret', () => {
    const deleting = (secret: string, given: object = {}) =>
      deleteSecret.input.parse({secret, 'value-from': 'next', ...given});

    it('DescribeSecret goes on while deletion is pending: the value is refused, and the secret disarmed', async () => {
      const secret = await create();
      const held = await holdings.take(holdings.input.parse({secrets: [secret]}), ctx);
      const state = await deleteSecret.prepare?.(deleting(secret), ctx);
      if (state === undefined) throw new Error('nothing prepared');
      expect(await deleteSecret.inspect?.(deleting(secret), state, ctx)).toBe('not-applied');

      await deleteSecret.execute(deleting(secret), state, ctx);
      await deleteSecret.execute(deleting(secret), state, ctx);

      expect(await deleteSecret.inspect?.(deleting(secret), state, ctx)).toBe('applied');
      const refused = {state: 'denied', code: 'MarkedForDeletion', ownControl: true, surface: 'disarmed'};
      expect(await getSecret.observe(reading(secret), ctx)).toEqual(refused);
      expect(await describeSecret.observe({secret, credentials, control: undefined}, ctx)).toMatchObject({
        state: 'allowed',
      });
      expect(await holdingsAlive.observe(holdingsAlive.input.parse({holdings: held}), ctx)).toMatchObject({
        state: 'denied',
        surface: 'disarmed',
      });
    });

    it('takes no ARN, which may be of another account or region', () => {
      const arn = 'arn:aws:secretsmanager:us-east-1:999999999999:secret:prod/x-AbCdEf';

      expect(deleteSecret.input.safeParse({secret: arn}).error?.issues[0]?.message).toContain('not its ARN');
    });

    it('begins nothing for a missing name, where ForceDeleteWithoutRecovery would succeed', async () => {
      await expect(deleteSecret.prepare?.(deleting('billing/misspelt'), ctx)).rejects.toMatchObject({
        detail: 'no-such-secret',
      });
    });

    it('begins nothing for a secret that is marked already', async () => {
      const secret = await create();
      await account.secrets.deleteSecret({SecretId: secret, RecoveryWindowInDays: 7});

      await expect(deleteSecret.prepare?.(deleting(secret), ctx)).rejects.toMatchObject({
        detail: 'marked-for-deletion',
      });
    });

    it('DeleteSecret refuses a primary with replicas: nothing is done, and it says what to do first', async () => {
      const secret = await create();
      await account.secrets.replicateSecretToRegions({SecretId: secret, AddReplicaRegions: [{Region: 'us-east-1'}]});

      await expect(deleteSecret.execute(deleting(secret), {arn: '', made: {}}, ctx)).rejects.toThrow(
        'aws/remove-replicas',
      );
      expect([...ctx.owned]).not.toContain(`deleted-secret ${secret}`);
    });

    it('RestoreSecret is followed by another value at once, and what was taken loses its labels', async () => {
      const secret = await create('the-first-value', 'the-second-value');
      const {versionIds} = await take(secret);
      await writeFile(path.join(account.base, 'next'), 'the-third-value\n');
      await deleteSecret.execute(deleting(secret), {arn: '', made: {}}, ctx);
      const input = restoreSecret.input.parse(deleteSecret.rollback?.with(deleting(secret), undefined));
      expect(await restoreSecret.inspect?.(input, undefined, ctx)).toBe('not-applied');

      await restoreSecret.execute(input, undefined, ctx);
      await restoreSecret.execute(input, undefined, ctx);

      expect(await restoreSecret.inspect?.(input, undefined, ctx)).toBe('applied');
      expect((await take(secret)).value).toBe('the-third-value');
      const {VersionIdsToStages = {}} = await account.secrets.describeSecret({SecretId: secret});
      expect(versionIds.map((id) => VersionIdsToStages[id] ?? [])).toEqual([[], []]);
      expect(Object.values(VersionIdsToStages).filter((labels) => labels.length > 0)).toEqual([['AWSCURRENT']]);
    });

    it('says that the next value is not there yet, and goes on once it is', async () => {
      const secret = await create();
      const input = restoreSecret.input.parse({secret, 'value-from': 'later'});
      await deleteSecret.execute(deleting(secret), {arn: '', made: {}}, ctx);

      await expect(restoreSecret.execute(input, undefined, ctx)).rejects.toMatchObject({detail: 'no-value'});

      expect(await restoreSecret.inspect?.(input, undefined, ctx)).toBe('partly');
      await writeFile(path.join(account.base, 'later'), 'the-later-value');
      await restoreSecret.execute(input, undefined, ctx);
      expect((await take(secret)).value).toBe('the-later-value');
    });

    it('puts another value where somebody else restored what it deleted', async () => {
      const secret = await create();
      await deleteSecret.execute(deleting(secret), {arn: '', made: {}}, ctx);
      await account.secrets.restoreSecret({SecretId: secret});
      const input = restoreSecret.input.parse({secret, generate: 20});
      expect(await restoreSecret.inspect?.(input, undefined, ctx)).toBe('partly');

      await restoreSecret.execute(input, undefined, ctx);

      expect(await restoreSecret.inspect?.(input, undefined, ctx)).toBe('applied');
      expect((await take(secret)).value).not.toBe('value-of-a-secret');
    });

    it('is not deleted for good with a policy, which nothing would bring back', async () => {
      const secret = await create();
      const ResourcePolicy = JSON.stringify({Version: '2012-10-17', Statement: []});
      await account.secrets.putResourcePolicy({SecretId: secret, ResourcePolicy});
      const input = deleting(secret, {irreversible: 'nobody may restore it'});

      await expect(deleteSecret.prepare?.(input, ctx)).rejects.toMatchObject({detail: 'not-remade'});
    });

    it('leaves a secret alone that is in use: nothing was taken', async () => {
      const secret = await create();
      const input = restoreSecret.input.parse({secret, generate: 20});

      await restoreSecret.execute(input, undefined, ctx);

      expect(await restoreSecret.inspect?.(input, undefined, ctx)).toBe('applied');
      expect((await take(secret)).value).toBe('value-of-a-secret');
    });

    it('CreateSecret makes anew what was deleted for good, with its description and tags', async () => {
      const secret = await create();
      const tags = [{Key: 'team', Value: 'payments'}];
      await account.secrets.tagResource({SecretId: secret, Tags: tags});
      await account.secrets.updateSecret({SecretId: secret, Description: 'of the drill'});
      await writeFile(path.join(account.base, 'next'), 'the-next-value');
      const input = deleting(secret, {irreversible: 'nobody may restore it'});
      const state = await deleteSecret.prepare?.(input, ctx);
      if (state === undefined) throw new Error('nothing prepared');

      await deleteSecret.execute(input, state, ctx);

      expect(await deleteSecret.inspect?.(input, state, ctx)).toBe('applied');
      const back = restoreSecret.input.parse(deleteSecret.rollback?.with(input, state));
      await restoreSecret.execute(back, undefined, ctx);
      expect(await restoreSecret.inspect?.(back, undefined, ctx)).toBe('applied');
      expect((await take(secret)).value).toBe('the-next-value');
      expect(await account.secrets.describeSecret({SecretId: secret})).toMatchObject({
        Tags: tags,
        Description: 'of the drill',
      });
    });

    it('is not deleted for good without a reason', () => {
      expect(deleteSecret.input.safeParse({secret: 'a', irreversible: ''}).success).toBe(false);
      expect(deleteSecret.input.safeParse({secret: 'a', irreversible: true}).success).toBe(false);
    });

    it('is not restored without a word on its next value', () => {
      expect(restoreSecret.input.safeParse({secret: 'a'}).success).toBe(false);
      expect(restoreSecret.input.safeParse({secret: 'a', generate: 20, 'value-from': 'x'}).success).toBe(false);
    });
  });

  it('IncludeDeprecated shows a version without a label: it is disarmed, and readable by its id', async () => {
    const secret = await create('the-first-value');
    const held = await holdings.take(holdings.input.parse({secrets: [secret]}), ctx);
    const probe = holdingsAlive.input.parse({holdings: held});
    expect(await holdingsAlive.observe(probe, ctx)).toMatchObject({state: 'allowed', facts: {versions: 1}});

    await rotateSecret.execute(rotateSecret.input.parse({secret, generate: 20}), {current: null}, ctx);

    expect(await holdingsAlive.observe(probe, ctx)).toMatchObject({state: 'denied', surface: 'disarmed'});
    await account.secrets.deleteSecret({SecretId: secret, ForceDeleteWithoutRecovery: true});
    expect(await holdingsAlive.observe(probe, ctx)).toEqual({
      state: 'denied',
      code: 'none-alive',
      facts: {keys: 0, versions: 0},
    });
  });

  describe('rotate-secret', () => {
    it('puts a value that nobody had, once', async () => {
      const secret = await create('the-first-value');
      const input = rotateSecret.input.parse({secret, generate: 24});
      const state = (await rotateSecret.prepare?.(input, ctx)) ?? {current: null};
      expect(await rotateSecret.inspect?.(input, state, ctx)).toBe('not-applied');

      await rotateSecret.execute(input, {current: null}, ctx);
      const {value} = await take(secret);
      await rotateSecret.execute(input, {current: null}, ctx);

      expect(await rotateSecret.inspect?.(input, {current: null}, ctx)).toBe('applied');
      expect(value).toHaveLength(24);
      expect(ctx.known.get(value)).toBe('value of a secret');
      expect((await take(secret)).value).toBe(value);
    });
  });

  it('puts what the file holds after a value that was made up, in one run', async () => {
    const secret = await create('the-first-value');
    await rotateSecret.execute(rotateSecret.input.parse({secret, generate: 24}), {current: null}, ctx);
    await writeFile(path.join(account.base, 'issued'), 'the-issued-value');
    const back = rotateSecret.input.parse({secret, 'value-from': 'issued'});
    const state = (await rotateSecret.prepare?.(back, ctx)) ?? {current: null};
    expect(await rotateSecret.inspect?.(back, state, ctx)).toBe('not-applied');

    await rotateSecret.execute(back, {current: null}, ctx);

    expect(await rotateSecret.inspect?.(back, {current: null}, ctx)).toBe('applied');
    expect((await take(secret)).value).toBe('the-issued-value');
  });

  it('was begun once another version is current, whoever made it', async () => {
    const secret = await create('the-first-value');
    const input = rotateSecret.input.parse({secret, generate: 24});
    const state = (await rotateSecret.prepare?.(input, ctx)) ?? {current: null};

    await account.secrets.putSecretValue({SecretId: secret, SecretString: 'whose-answer-was-lost'});

    expect(await rotateSecret.inspect?.(input, state, ctx)).toBe('partly');
  });

  it('leaves alone what others read by labels of their own', async () => {
    const secret = await create('the-first-value');
    const {versionId} = await take(secret);
    await account.secrets.updateSecretVersionStage({
      SecretId: secret,
      VersionStage: 'live',
      MoveToVersionId: versionId,
    });

    const rotating = rotateSecret.input.parse({secret, generate: 24});
    await expect(rotateSecret.prepare?.(rotating, ctx)).rejects.toMatchObject({detail: 'own-labels'});
    const deleting = deleteSecret.input.parse({secret, generate: 24});
    await expect(deleteSecret.prepare?.(deleting, ctx)).rejects.toMatchObject({detail: 'own-labels'});
  });

  describe('retire-version', () => {
    it('UpdateSecretVersionStage takes every label of all but the current version', async () => {
      const secret = await create('the-first-value', 'the-second-value');
      const {versionId, versionIds} = await take(secret);
      const [before = ''] = versionIds.filter((id) => id !== versionId);
      const input = retireVersion.input.parse({secret});
      const state = (await retireVersion.prepare?.(input, ctx)) ?? {versions: []};
      expect(state.versions).toEqual([before]);
      expect(await retireVersion.inspect?.(input, state, ctx)).toBe('not-applied');

      await retireVersion.execute(input, state, ctx);
      await retireVersion.execute(input, state, ctx);

      expect(await retireVersion.inspect?.(input, state, ctx)).toBe('applied');
      const {VersionIdsToStages = {}} = await account.secrets.describeSecret({SecretId: secret});
      expect([VersionIdsToStages[before], VersionIdsToStages[versionId]]).toEqual([[], ['AWSCURRENT']]);
    });

    it('takes those of one that a step before it made the last but one', async () => {
      const secret = await create();
      const {versionId} = await take(secret);
      const input = retireVersion.input.parse({secret, 'version-id': versionId});
      const state = (await retireVersion.prepare?.(input, ctx)) ?? {versions: []};
      await account.secrets.putSecretValue({SecretId: secret, SecretString: 'the-next-value'});
      expect(await retireVersion.inspect?.(input, state, ctx)).toBe('not-applied');

      await retireVersion.execute(input, state, ctx);

      expect(await retireVersion.inspect?.(input, state, ctx)).toBe('applied');
    });

    it('does nothing to the current version, or to one that is not there', async () => {
      const secret = await create();
      const {versionId} = await take(secret);
      const of = (id: string) => retireVersion.input.parse({secret, 'version-id': id});

      await expect(retireVersion.execute(of(versionId), {versions: []}, ctx)).rejects.toMatchObject({
        detail: 'current-version',
      });
      await expect(retireVersion.prepare?.(of('no-such'), ctx)).rejects.toMatchObject({detail: 'no-such-version'});
    });
  });

  describe('deny-secret', () => {
    const principal = 'arn:aws:iam::123456789012:user/reader';
    const policyOf = async (secret: string) =>
      (await account.secrets.getResourcePolicy({SecretId: secret})).ResourcePolicy;

    it('an explicit Deny is reversible: its statement is added to the policy, and taken out alone', async () => {
      const secret = await create();
      const others = {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'Others',
            Effect: 'Deny',
            Principal: {AWS: 'arn:aws:iam::123456789012:user/x'},
            Action: 'secretsmanager:*',
            Resource: '*',
          },
        ],
      };
      await account.secrets.putResourcePolicy({SecretId: secret, ResourcePolicy: JSON.stringify(others)});
      const input = denySecret.input.parse({secret, principal});
      const state = await denySecret.prepare?.(input, ctx);
      if (state === undefined) throw new Error('nothing prepared');

      await denySecret.execute(input, state, ctx);
      await denySecret.execute(input, state, ctx);

      expect(await denySecret.inspect?.(input, state, ctx)).toBe('applied');
      expect(JSON.parse((await policyOf(secret)) ?? '').Statement).toHaveLength(2);
      await allowSecret.execute(input, undefined, ctx);
      await allowSecret.execute(input, undefined, ctx);
      expect(await allowSecret.inspect?.(input, undefined, ctx)).toBe('applied');
      expect(JSON.parse((await policyOf(secret)) ?? '')).toEqual(others);
    });

    it('DeleteResourcePolicy leaves no policy behind where there was none', async () => {
      const secret = await create();
      const input = denySecret.input.parse({secret, principal});
      await denySecret.execute(input, {policy: null}, ctx);

      await allowSecret.execute(input, undefined, ctx);

      expect(await policyOf(secret)).toBeUndefined();
    });

    it('is not held against anybody by moto, and says so', async () => {
      const secret = await create();

      await denySecret.execute(denySecret.input.parse({secret, principal}), {policy: null}, ctx);

      expect(await getSecret.observe(reading(secret), ctx)).toMatchObject({state: 'allowed'});
      expect(denySecret.unenforced?.(denySecret.input.parse({secret, principal}))).toContain(
        'does not hold anybody to it',
      );
    });
  });

  describe('remove-replicas', () => {
    it('RemoveRegionsFromReplication removes replicas, and the rollback replicates to the same regions', async () => {
      const secret = await create();
      await account.secrets.replicateSecretToRegions({SecretId: secret, AddReplicaRegions: [{Region: 'us-east-1'}]});
      const input = removeReplicas.input.parse({secret, regions: ['us-east-1']});
      await removeReplicas.prepare?.(input, ctx);
      const others = removeReplicas.input.parse({secret, regions: ['us-east-1', 'us-west-2']});
      await expect(removeReplicas.prepare?.(others, ctx)).rejects.toMatchObject({detail: 'other-regions'});

      await account.secrets.replicateSecretToRegions({SecretId: secret, AddReplicaRegions: [{Region: 'us-west-2'}]});
      await removeReplicas.execute(input, undefined, ctx);
      const {ReplicationStatus} = await account.secrets.describeSecret({SecretId: secret});
      expect(ReplicationStatus).toMatchObject([{Region: 'us-west-2'}]);
      expect(await removeReplicas.inspect?.(input, undefined, ctx)).toBe('not-applied');
      await account.secrets.removeRegionsFromReplication({SecretId: secret, RemoveReplicaRegions: ['us-west-2']});

      expect(await removeReplicas.inspect?.(input, undefined, ctx)).toBe('applied');
      const back = replicateSecret.input.parse(removeReplicas.rollback?.with(input, undefined));
      expect(await replicateSecret.inspect?.(back, undefined, ctx)).toBe('not-applied');
      await replicateSecret.execute(back, undefined, ctx);
      await replicateSecret.execute(back, undefined, ctx);
      expect(await replicateSecret.inspect?.(back, undefined, ctx)).toBe('applied');
    });
  });
});
