import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {Context} from '../../../src/contract/operation.ts';
import {deleteSecret} from '../../../src/drivers/aws/delete-secret.ts';
import {getSecret} from '../../../src/drivers/aws/get-secret.ts';
import type {AwsSession} from '../../../src/drivers/aws/session.ts';
import {get} from '../../../src/drivers/http/get.ts';
import {contextOf, type TestContext} from '../../helpers/context.ts';
import {serve} from '../http/serve.ts';
import {type Account, startAccount} from './account.ts';

describe('drivers/aws, of secrets that an application caches', () => {
  let account: Account;
  let credentials: string;
  let reader: AwsSession;
  let ctx: TestContext<AwsSession>;
  let secret: string;
  let count = 0;
  beforeAll(async () => {
    account = await startAccount();
    ({credentials} = await account.createUser('application', ['secretsmanager:GetSecretValue']));
    reader = (await account.open({credentials})).connection;
  });
  afterAll(() => account?.down());
  beforeEach(async () => {
    ctx = await account.open();
    secret = `cached/${count++}`;
    await account.secrets.createSecret({Name: secret, SecretString: 'value-of-a-secret'});
  });

  /** Answers while it has the value, which it reads when it has none or its cache is over; 424 where it has none then. */
  const startApplication = async ({keepsStale = false} = {}) => {
    const state: {value?: string | undefined; isOver: boolean; reads: number} = {isOver: true, reads: 0};
    const read = async () => {
      state.reads += 1;
      const ask = reader.client.secrets(
        'GetSecretValue',
        (api, options) => api.getSecretValue({SecretId: secret}, options),
        ctx.signal,
      );
      const failed = () => (keepsStale ? state.value : undefined);
      state.value = await ask.then(({SecretString}) => SecretString, failed);
      state.isOver = false;
    };
    const url = await serve(async (_request, response) => {
      if (state.isOver) await read();
      response.writeHead(state.value === undefined ? 424 : 200).end();
    });
    const input = get.input.parse({url: url.href, 'denied-status': [424]});
    const asker: Context = contextOf(undefined);
    return {
      state,
      observe: () => get.observe(input, asker),
      endCache: () => Object.assign(state, {isOver: true}),
      restart: () => Object.assign(state, {isOver: true, value: undefined}),
    };
  };
  const removeSecret = async () => {
    await deleteSecret.execute(deleteSecret.input.parse({secret, generate: 20}), {arn: '', made: {}}, ctx);
    const direct = await getSecret.observe(getSecret.input.parse({secret, credentials}), ctx);
    expect(direct).toMatchObject({state: 'denied', code: 'MarkedForDeletion'});
  };

  it('a cache outlives the deletion: through the application it is allowed until its TTL is over', async () => {
    const application = await startApplication();
    expect(await application.observe()).toMatchObject({state: 'allowed'});

    await removeSecret();

    expect(await application.observe()).toMatchObject({state: 'allowed', code: '200'});
    expect(application.state.reads).toBe(1);
    application.endCache();
    expect(await application.observe()).toMatchObject({state: 'denied', code: '424'});
  });

  it('a cache that keeps the stale secret when a refresh fails, as Java’s does, is allowed until a restart', async () => {
    const application = await startApplication({keepsStale: true});
    await application.observe();

    await removeSecret();

    for (const reads of [2, 3]) {
      application.endCache();
      expect(await application.observe()).toMatchObject({state: 'allowed'});
      expect(application.state.reads).toBe(reads);
    }
    application.restart();
    expect(await application.observe()).toMatchObject({state: 'denied', code: '424'});
  });
});
