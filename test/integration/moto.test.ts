import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {call} from '../../src/drivers/aws/call.ts';
import {callerOf} from '../../src/drivers/aws/caller.ts';
import type {AwsClient} from '../../src/drivers/aws/client.ts';
import {type Account, accountId, startAccount} from '../drivers/aws/account.ts';
import {testImages} from '../helpers/test-images.ts';

const {signal} = new AbortController();
const {moto: image} = testImages(process.env);

/** The tests of the driver run on one or the other, so both have to answer alike: the same tests hold for each. */
describe.each([
  {way: 'a process', start: () => startAccount({}), runsIn: ''},
  ...(image === undefined ? [] : [{way: 'a container', start: () => startAccount(), runsIn: image}]),
])('lab/moto, as $way', ({start, runsIn}) => {
  let account: Account;
  let credentials: string;
  let reader: AwsClient;
  beforeAll(async () => {
    account = await start();
    ({credentials} = await account.createUser('reader', ['secretsmanager:ListSecrets']));
    await account.secrets.createSecret({Name: 'billing/key', SecretString: 'value-of-a-secret'});
    const ctx = await account.open({credentials});
    reader = ctx.connection.client;
  });
  afterAll(() => account?.down());

  const observe = async (action: string, held: string) =>
    call.observe(call.input.parse({action, credentials: held}), await account.open());

  it('runs where it was told to', async () => {
    const argv = ['ps', '--filter', `publish=${new URL(account.endpoint).port}`, '--format', '{{.Image}}'];

    // Where there is no engine, there is no container.
    const {stdout} = await promisify(execFile)('docker', argv).catch(() => ({stdout: ''}));

    expect(stdout.trim().replace(/:latest$/, '')).toBe(runsIn);
  });

  it('says who asks', async () => {
    expect(await callerOf(reader, signal)).toMatchObject({
      account: accountId,
      arn: `arn:aws:iam::${accountId}:user/reader`,
    });
  });

  it('lists secrets to whom a policy allows it', async () => {
    const {SecretList} = await reader.secrets('ListSecrets', (api, options) => api.listSecrets({}, options), signal);

    expect(SecretList?.map(({Name}) => Name)).toEqual(['billing/key']);
    expect(await observe('secretsmanager:ListSecrets', credentials)).toEqual({state: 'allowed', code: '200'});
  });

  it('refuses a call that no policy allows', async () => {
    expect(await observe('iam:GetUser', credentials)).toMatchObject({state: 'denied', code: 'AccessDenied'});
  });

  it('refuses a key that nobody knows', async () => {
    const unknown = '[default]\naws_access_key_id = AKIABOGUSBOGUSBOGUSB\naws_secret_access_key = nothing\n';

    expect(await observe('secretsmanager:ListSecrets', unknown)).toMatchObject({
      state: 'denied',
      code: 'InvalidClientTokenId',
    });
  });
});
