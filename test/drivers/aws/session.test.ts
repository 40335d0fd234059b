import {createServer} from 'node:http';
import {afterAll, beforeAll, describe, expect, it, onTestFinished} from 'vitest';
import {askTime} from '../../../src/drivers/aws/ask-time.ts';
import {callerOf} from '../../../src/drivers/aws/caller.ts';
import {renderCredentials} from '../../../src/drivers/aws/credentials.ts';
import {readSession, sessionName} from '../../../src/drivers/aws/read-session.ts';
import {type Account, accountId, startAccount} from './account.ts';

const signal = AbortSignal.timeout(60_000);

describe('drivers/aws/session', () => {
  let account: Account;
  beforeAll(async () => {
    account = await startAccount();
    const principal = {AWS: `arn:aws:iam::${accountId}:user/operator`};
    const trust = {
      Version: '2012-10-17',
      Statement: [{Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal}],
    };
    await account.iam.createRole({RoleName: 'offdrill', AssumeRolePolicyDocument: JSON.stringify(trust)});
  });
  afterAll(() => account?.down());

  it('says which account it is, and that moto answers', async () => {
    const {connection} = await account.open();

    expect(await connection.identify(signal)).toEqual({cluster: accountId, product: 'moto'});
    expect(await connection.control(signal)).toBe(true);
  });

  it('tells the time of whoever answers', async () => {
    const {connection} = await account.open();

    expect(Math.abs(((await connection.serverTime(signal)) ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it.each([
    ['nobody answers', 'http://127.0.0.1:1', 'unreachable', 'ECONNREFUSED'],
    ['what answers speaks no TLS', 'https', 'unreachable', 'TLS'],
  ])('says what to do where %s when it asks for the time', async (_what, endpoint, code, detail) => {
    const at = endpoint === 'https' ? account.endpoint.replace('http:', 'https:') : endpoint;

    await expect(askTime({region: 'eu-central-1', endpoint: at}, {timeoutMs: 5000, signal})).rejects.toMatchObject({
      name: 'DriverError',
      code,
      detail,
      message: `Expected AWS at ${at}/eu-central-1 to answer what time it is, got ${detail}. Is the endpoint the right one, and reachable from here?`,
    });
  });

  it('says that the time was not told soon enough', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const endpoint = `http://127.0.0.1:${Object(server.address()).port}`;

    await expect(askTime({region: 'eu-central-1', endpoint}, {timeoutMs: 20, signal})).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('to answer what time it is, got nothing in time. Is the endpoint'),
    });
  });

  it('works in a session that is named after the run', async () => {
    const {connection} = await account.open({role: `arn:aws:iam::${accountId}:role/offdrill`});

    const facts = await connection.begin({maxDurationMs: 60_000}, signal);

    expect(facts).toMatchObject({
      account: accountId,
      arn: `arn:aws:sts::${accountId}:assumed-role/offdrill/offdrill-run-of-test`,
    });
    await connection.end(signal);
    expect((await callerOf(connection.client, signal)).arn).toBe(`arn:aws:iam::${accountId}:user/operator`);
  });

  it('AWS_ENDPOINT_URL, AWS_PROFILE and the default credential chain lead nowhere', async () => {
    const before = {...process.env};
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1',
      AWS_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'AKIABOGUSBOGUSBOGUSB',
      AWS_SECRET_ACCESS_KEY: 'nothing',
      AWS_PROFILE: 'no-such-profile',
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_USE_DUALSTACK_ENDPOINT: 'true',
      AWS_MAX_ATTEMPTS: '7',
    });
    try {
      const {connection} = await account.open();

      expect((await callerOf(connection.client, signal)).arn).toMatch(/:user\/operator$/);
    } finally {
      process.env = before;
    }
  });

  it('GetCallerIdentity is asked of each client: a credential of another account does nothing', async () => {
    const {connection, redactor} = await account.open();
    // Served by the same endpoint, as with AWS itself.
    const request = {RoleArn: 'arn:aws:iam::111111111111:role/elsewhere', RoleSessionName: 'other'};
    const {Credentials} = await connection.client.sts(
      'AssumeRole',
      (api, options) => api.assumeRole(request, options),
      signal,
    );
    const credentials = renderCredentials(readSession(Credentials, redactor));

    await expect(connection.as(credentials, signal)).rejects.toMatchObject({detail: 'another-account'});
  });

  it('has a name that CloudTrail takes', () => {
    expect(sessionName('20261129T100000Z-billing/mcp-abcd')).toBe('offdrill-20261129T100000Z-billing-mcp-abcd');
    expect(sessionName('x'.repeat(100))).toHaveLength(64);
  });
});
