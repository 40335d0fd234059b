import {randomUUID} from 'node:crypto';
import {createServer} from 'node:http';
import {STS} from '@aws-sdk/client-sts';
import {afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi} from 'vitest';
import {DriverError} from '../../src/contract/driver-error.ts';
import {call} from '../../src/drivers/aws/call.ts';
import {AwsClient} from '../../src/drivers/aws/client.ts';
import {parseCredentials, renderCredentials} from '../../src/drivers/aws/credentials.ts';
import {deleteSecret, restoreSecret} from '../../src/drivers/aws/delete-secret.ts';
import {allowSecret, denySecret} from '../../src/drivers/aws/deny-secret.ts';
import {deleteAccessKey} from '../../src/drivers/aws/end-access-key.ts';
import {markedForDeletion} from '../../src/drivers/aws/failure.ts';
import {getSecret} from '../../src/drivers/aws/get-secret.ts';
import {holdings, holdingsAlive} from '../../src/drivers/aws/holdings.ts';
import {removeReplicas} from '../../src/drivers/aws/remove-replicas.ts';
import {rotateSecret} from '../../src/drivers/aws/rotate-secret.ts';
import type {AwsSession} from '../../src/drivers/aws/session.ts';
import {get} from '../../src/drivers/http/get.ts';
import {type Account, accountId, startAccount} from '../drivers/aws/account.ts';
import {contextOf, type TestContext} from '../helpers/context.ts';

const region = 'eu-central-1';

/** What AWS does that is easily taken for something else, on moto, and what the driver makes of it. */
describe('drivers/aws', () => {
  let account: Account;
  let ctx: TestContext<AwsSession>;
  beforeAll(async () => {
    account = await startAccount();
    ctx = await account.open();
  });
  afterEach(() => void vi.restoreAllMocks());
  afterAll(() => account?.down());

  const create = async (value = 'the-value-that-is-taken'): Promise<string> => {
    const secret = `traps/${randomUUID()}`;
    await account.secrets.createSecret({Name: secret, SecretString: value});
    return secret;
  };
  const versionsOf = async (secret: string) =>
    (await account.secrets.describeSecret({SecretId: secret})).VersionIdsToStages ?? {};

  it('GetCallerIdentity is answered under a policy that denies everything, and is refused as a probe', async () => {
    const {credentials} = await account.createUser('denied-everything', ['secretsmanager:ListSecrets']);
    const Statement = [{Effect: 'Deny', Action: '*', Resource: '*'}];
    await account.iam.putUserPolicy({
      UserName: 'denied-everything',
      PolicyName: 'deny',
      PolicyDocument: JSON.stringify({Version: '2012-10-17', Statement}),
    });

    const asking = call.input.parse({credentials, action: 'secretsmanager:ListSecrets'});
    expect(await call.observe(asking, ctx)).toMatchObject({state: 'denied', surface: 'disarmed'});
    // Whose key it is, is still told: by this call the driver knows it.
    expect(ctx.connection.holderOf(credentials)?.arn).toMatch(/:user\/denied-everything$/);
    expect(call.input.safeParse({credentials, action: 'sts:GetCallerIdentity'}).success).toBe(false);
  });

  it('a forced DeleteSecret of a missing name succeeds, and ours begins nothing for it', async () => {
    const forced = await account.secrets.deleteSecret({SecretId: 'traps/missing', ForceDeleteWithoutRecovery: true});
    const input = deleteSecret.input.parse({secret: 'traps/missing', irreversible: 'it is a test', generate: 32});

    expect(forced.$metadata.httpStatusCode).toBe(200);
    await expect(deleteSecret.prepare?.(input, ctx)).rejects.toMatchObject({
      code: 'not-found',
      detail: 'no-such-secret',
    });
  });

  it('RestoreSecret brings back the very same value and versions, and ours puts another at once', async () => {
    const [plain, ours] = [await create(), await create()];
    const before = await versionsOf(plain);
    for (const secret of [plain, ours]) await account.secrets.deleteSecret({SecretId: secret});

    await account.secrets.restoreSecret({SecretId: plain});
    await restoreSecret.execute(restoreSecret.input.parse({secret: ours, generate: 32}), undefined, ctx);

    expect(await versionsOf(plain)).toEqual(before);
    expect(await account.secrets.getSecretValue({SecretId: plain})).toMatchObject({
      SecretString: 'the-value-that-is-taken',
    });
    expect((await account.secrets.getSecretValue({SecretId: ours})).SecretString).toHaveLength(32);
    const labelled = Object.values(await versionsOf(ours)).filter((labels) => labels.length > 0);
    expect(labelled).toEqual([['AWSCURRENT']]);
  });

  it('PutSecretValue with the same token and value makes no second version, and ours survives a lost answer', async () => {
    const [plain, ours] = [await create(), await create()];
    const put = {SecretId: plain, SecretString: 'another-value', ClientRequestToken: randomUUID()};
    await account.secrets.putSecretValue(put);
    await account.secrets.putSecretValue(put);
    const input = rotateSecret.input.parse({secret: ours, generate: 32});
    const state = (await rotateSecret.prepare?.(input, ctx)) ?? {current: null};
    losesFirstAnswerOf('PutSecretValue');

    await expect(rotateSecret.execute(input, state, ctx)).rejects.toMatchObject({code: 'timeout'});
    expect(await rotateSecret.inspect?.(input, state, ctx)).toBe('partly');
    await rotateSecret.execute(input, state, ctx);

    expect(Object.keys(await versionsOf(plain))).toHaveLength(2);
    expect(await rotateSecret.inspect?.(input, state, ctx)).toBe('applied');
  });

  it('CreateSecret refuses a name that is still being purged, which is waited for', async () => {
    const secret = `traps/${randomUUID()}`;
    const slept: number[] = [];
    const clock = {now: () => 0, sleep: async (ms: number) => void slept.push(ms)};
    // moto frees a name at once.
    refuses('CreateSecret', 2, new DriverError('being purged', {code: 'conflict', detail: markedForDeletion}));
    const input = restoreSecret.input.parse({secret, generate: 32, recreate: {}});

    await restoreSecret.execute(input, undefined, {...ctx, clock});

    expect(slept).toEqual([5000, 5000]);
    expect(await restoreSecret.inspect?.(input, undefined, ctx)).toBe('applied');
  });

  it('a policy is put with BlockPublicPolicy, and no replica is ever promoted by StopReplicationToReplica', async () => {
    const secret = await create();
    await account.secrets.replicateSecretToRegions({SecretId: secret, AddReplicaRegions: [{Region: 'us-east-1'}]});
    const principal = `arn:aws:iam::${accountId}:user/somebody`;
    const asked = vi.spyOn(AwsClient.prototype, 'secrets');
    const requests: unknown[] = [];
    const deny = denySecret.input.parse({secret, principal});
    const remove = removeReplicas.input.parse({secret, regions: ['us-east-1']});

    await denySecret.execute(deny, {policy: null}, ctx);
    await removeReplicas.prepare?.(remove, ctx);
    await removeReplicas.execute(remove, undefined, ctx);

    const actions = asked.mock.calls.map(([action]) => action);
    for (const [action, ask] of asked.mock.calls) {
      if (action !== 'PutResourcePolicy') continue;
      const api = {putResourcePolicy: async (request: unknown) => requests.push(request)};
      await ask(api as never, {} as never);
    }
    expect(requests).toEqual([expect.objectContaining({SecretId: secret, BlockPublicPolicy: true})]);
    expect(actions).toContain('RemoveRegionsFromReplication');
    expect(actions).not.toContain('StopReplicationToReplica');
    await allowSecret.execute(allowSecret.input.parse({secret, principal}), undefined, ctx);
  });

  it('a session that was begun with a key goes on after DeleteAccessKey, and the holdings say that it may', async () => {
    const secret = await create();
    const {credentials, id} = await account.createUser('with-session', ['sts:AssumeRole']);
    await createRole('held', 'with-session');
    const taken = await holdings.take(holdings.input.parse({user: 'with-session'}), ctx);
    const keys = parseCredentials(credentials, ctx.redactor);
    const sts = new STS({region, endpoint: account.endpoint, credentials: keys});
    const begun = await sts.assumeRole({RoleArn: `arn:aws:iam::${accountId}:role/held`, RoleSessionName: 'before'});
    const {AccessKeyId = '', SecretAccessKey = '', SessionToken = ''} = begun.Credentials ?? {};
    const session = renderCredentials({
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    });
    const input = deleteAccessKey.input.parse({user: 'with-session', 'access-key-id': id});
    const state = await deleteAccessKey.prepare?.(input, ctx);
    if (state === undefined) throw new Error('Expected a state.');

    await deleteAccessKey.execute(input, state, ctx);

    const reading = getSecret.input.parse({secret, credentials: session});
    expect(await getSecret.observe(reading, ctx)).toMatchObject({state: 'allowed'});
    const alive = await holdingsAlive.observe(holdingsAlive.input.parse({holdings: taken}), ctx);
    expect(alive).toMatchObject({state: 'denied', surface: 'unobservable', until: expect.any(Number)});
  });

  it('a cache of an application outlives DeleteSecret, and a probe through it tells when it is over', async () => {
    const secret = await create();
    let cached: string | undefined;
    const application = createServer((_request, response) => {
      const read = async (): Promise<string | undefined> =>
        (await account.secrets.getSecretValue({SecretId: secret})).SecretString;
      const answer = (value: string | undefined): void => {
        cached = value;
        response.writeHead(value === undefined ? 424 : 200).end();
      };
      if (cached === undefined) read().then(answer, () => answer(undefined));
      else answer(cached);
    });
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void application.close());
    const url = `http://127.0.0.1:${Object(application.address()).port}/`;
    const through = get.input.parse({url, status: [200], 'denied-status': [424]});
    const ask = async () => (await get.observe(through, contextOf(undefined))).state;

    const before = await ask();
    await account.secrets.deleteSecret({SecretId: secret});
    const afterDeletion = [await ask(), await ask()];
    cached = undefined;

    expect(before).toBe('allowed');
    expect(afterDeletion).toEqual(['allowed', 'allowed']);
    expect(await ask()).toBe('denied');
  });

  async function createRole(name: string, user: string): Promise<void> {
    const Principal = {AWS: `arn:aws:iam::${accountId}:user/${user}`};
    const trust = {Version: '2012-10-17', Statement: [{Effect: 'Allow', Action: 'sts:AssumeRole', Principal}]};
    await account.iam.createRole({RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust)});
    const Statement = [{Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*'}];
    const PolicyDocument = JSON.stringify({Version: '2012-10-17', Statement});
    await account.iam.putRolePolicy({RoleName: name, PolicyName: 'read', PolicyDocument});
  }

  /** The call is made, and its first answer does not come. */
  function losesFirstAnswerOf(name: string): void {
    const {secrets} = AwsClient.prototype;
    let isLost = false;
    vi.spyOn(AwsClient.prototype, 'secrets').mockImplementation(async function (this: AwsClient, action, ask, signal) {
      const answer = await secrets.call(this, action, ask, signal);
      if (action !== name || isLost) return answer as never;
      isLost = true;
      throw new DriverError('no answer', {code: 'timeout', retryable: true});
    });
  }

  /** The first calls of this name are refused, and not made. */
  function refuses(name: string, times: number, error: DriverError): void {
    const {secrets} = AwsClient.prototype;
    let left = times;
    vi.spyOn(AwsClient.prototype, 'secrets').mockImplementation(async function (this: AwsClient, action, ask, signal) {
      if (action === name && left > 0) {
        left -= 1;
        throw error;
      }
      return (await secrets.call(this, action, ask, signal)) as never;
    });
  }
});
