import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {rotateSecret} from '../../../src/drivers/aws/rotate-secret.ts';
import type {AwsSession} from '../../../src/drivers/aws/session.ts';
import type {TestContext} from '../../helpers/context.ts';
import {type Account, startAccount} from './account.ts';
import {interceptCalls, lostAnswer} from './intercept-calls.ts';

describe('drivers/aws/new-value', () => {
  const token = '11111111-2222-4333-8444-555555555555';
  let account: Account;
  let ctx: TestContext<AwsSession>;
  let count = 0;
  beforeAll(async () => {
    account = await startAccount();
    await writeFile(path.join(account.base, 'next'), 'the-next-value');
  });
  afterAll(() => account?.down());
  beforeEach(async () => {
    ctx = await account.open();
  });

  const create = async () => {
    const secret = `valued/${count++}`;
    await account.secrets.createSecret({Name: secret, SecretString: 'the-first-value'});
    return secret;
  };
  const put = (SecretId: string, SecretString: string, ClientRequestToken: string) =>
    account.secrets.putSecretValue({SecretId, SecretString, ClientRequestToken});
  const labelsOf = async (SecretId: string) =>
    (await account.secrets.describeSecret({SecretId})).VersionIdsToStages ?? {};

  it('PutSecretValue with the same ClientRequestToken and value does nothing more', async () => {
    const secret = await create();
    expect((await put(secret, 'the-next-value', token)).VersionId).toBe(token);
    const before = await labelsOf(secret);

    expect((await put(secret, 'the-next-value', token)).VersionId).toBe(token);

    expect(await labelsOf(secret)).toEqual(before);
  });

  it('PutSecretValue with the same ClientRequestToken and another value is refused: ResourceExists', async () => {
    const secret = await create();
    await put(secret, 'the-next-value', token);

    await expect(put(secret, 'another-value', token)).rejects.toMatchObject({name: 'ResourceExistsException'});
  });

  it('each PutSecretValue of a run has a ClientRequestToken of its own: a new value is never refused', async () => {
    const secret = await create();
    const [first, second] = [16, 17].map((generate) => rotateSecret.input.parse({secret, generate}));
    if (first === undefined || second === undefined) throw new Error('no input');
    await rotateSecret.execute(first, {current: null}, ctx);
    const other = await account.open();

    await rotateSecret.execute(second, {current: null}, other);

    expect(new Set([...ctx.owned, ...other.owned]).size).toBe(2);
    expect(await rotateSecret.inspect?.(second, {current: null}, other)).toBe('applied');
  });

  it.each([
    ['is made up', {generate: 20}],
    ['stands in a file', {'value-from': 'next'}],
  ])('PutSecretValue whose answer was lost leaves one value in force, where it %s', async (_where, given) => {
    const secret = await create();
    const input = rotateSecret.input.parse({secret, ...given});
    const state = (await rotateSecret.prepare?.(input, ctx)) ?? {current: null};
    let isLost = false;
    interceptCalls('secrets', async ({method}, go) => {
      const answer = await go();
      if (method !== 'putSecretValue' || isLost) return answer;
      isLost = true;
      throw lostAnswer();
    });
    await expect(rotateSecret.execute(input, state, ctx)).rejects.toMatchObject({retryable: true});
    expect(await rotateSecret.inspect?.(input, state, ctx)).toBe('partly');

    await rotateSecret.execute(input, state, ctx);

    expect(await rotateSecret.inspect?.(input, state, ctx)).toBe('applied');
    const labels = Object.values(await labelsOf(secret));
    expect(labels.filter((one) => one.length > 0)).toEqual([['AWSCURRENT']]);
    const {SecretString = ''} = await account.secrets.getSecretValue({SecretId: secret});
    expect(ctx.known.get(SecretString)).toBe('value of a secret');
  });
});
