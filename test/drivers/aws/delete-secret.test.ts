import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {deleteSecret, restoreSecret} from '../../../src/drivers/aws/delete-secret.ts';
import {getSecret} from '../../../src/drivers/aws/get-secret.ts';
import type {AwsSession} from '../../../src/drivers/aws/session.ts';
import type {TestContext} from '../../helpers/context.ts';
import {type Account, startAccount} from './account.ts';
import {interceptCalls, lostAnswer, refusal} from './intercept-calls.ts';

describe('drivers/aws/delete-secret', () => {
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

  const create = async (...others: readonly string[]) => {
    const secret = `deleted/${count++}`;
    await account.secrets.createSecret({Name: secret, SecretString: 'the-first-value'});
    for (const value of others) await account.secrets.putSecretValue({SecretId: secret, SecretString: value});
    return secret;
  };
  const deleting = (secret: string, given: object = {}) =>
    deleteSecret.input.parse({secret, 'value-from': 'next', ...given});
  const forGood = {irreversible: 'nobody may restore it'};
  const readValue = async (SecretId: string, VersionStage = 'AWSCURRENT') =>
    (await account.secrets.getSecretValue({SecretId, VersionStage})).SecretString;
  const labelsOf = async (SecretId: string) =>
    (await account.secrets.describeSecret({SecretId})).VersionIdsToStages ?? {};

  it('ForceDeleteWithoutRecovery succeeds on a missing name: nothing is begun there', async () => {
    const request = {SecretId: 'billing/misspelt', ForceDeleteWithoutRecovery: true};
    await expect(account.secrets.deleteSecret(request)).resolves.toMatchObject({Name: 'billing/misspelt'});

    for (const given of [{}, forGood])
      await expect(deleteSecret.prepare?.(deleting('billing/misspelt', given), ctx)).rejects.toMatchObject({
        detail: 'no-such-secret',
      });
    await expect(
      deleteSecret.execute(deleting('billing/misspelt', forGood), {arn: '', made: {}}, ctx),
    ).rejects.toMatchObject({detail: 'no-such-secret'});
  });

  it.each([
    ['RecoveryWindowInDays', {}],
    ['ForceDeleteWithoutRecovery', forGood],
  ])('DeleteSecret with %s is done though its answer was lost', async (name, given) => {
    const secret = await create();
    const asked = interceptCalls('secrets', async ({method}, go) => {
      const answer = await go();
      if (method === 'deleteSecret') throw lostAnswer();
      return answer;
    });
    const input = deleting(secret, given);
    const state = {arn: '', made: {}};
    await expect(deleteSecret.execute(input, state, ctx)).rejects.toMatchObject({retryable: true});

    await deleteSecret.execute(input, state, ctx);

    expect(await deleteSecret.inspect?.(input, state, ctx)).toBe('applied');
    const requests = asked.flatMap(({method, request}) => (method === 'deleteSecret' ? [request] : []));
    expect(requests).toEqual([{SecretId: secret, [name]: expect.anything()}]);
  });

  it('DeleteSecret of what is marked already is refused by AWS, and counts as done', async () => {
    const secret = await create();
    await account.secrets.deleteSecret({SecretId: secret});
    // moto knows of the mark at once; at AWS another place may not know of it yet.
    interceptCalls('secrets', async ({method}, go) => {
      const answer = await go();
      return method === 'describeSecret' ? {...Object(answer), DeletedDate: undefined} : answer;
    });

    await deleteSecret.execute(deleting(secret), {arn: '', made: {}}, ctx);

    expect(ctx.calls).toContain('delete-secret');
  });

  it('ForceDeleteWithoutRecovery is asynchronous: until it is purged, the secret is disarmed', async () => {
    const secret = await create();
    const {credentials} = await account.createUser('waits-for-purge', ['secretsmanager:GetSecretValue']);
    // moto purges at once: to AWS the secret is marked meanwhile.
    interceptCalls('secrets', async ({method}, go) =>
      method === 'deleteSecret' ? account.secrets.deleteSecret({SecretId: secret}) : go(),
    );
    const input = deleting(secret, forGood);
    const state = {arn: '', made: {}};
    const probe = getSecret.input.parse({secret, credentials});

    await deleteSecret.execute(input, state, ctx);

    expect(await deleteSecret.inspect?.(input, state, ctx)).toBe('applied');
    expect(await getSecret.observe(probe, ctx)).toMatchObject({state: 'denied', surface: 'disarmed'});
  });

  it('RecoveryWindowInDays is 7 to 30, and 30 where it is left out', () => {
    const windowOf = (days: number) => deleteSecret.input.safeParse({secret: 'a', 'recovery-window-days': days});

    expect([6, 7, 30, 31].map((days) => windowOf(days).success)).toEqual([false, true, true, false]);
    expect(deleting('a')['recovery-window-days']).toBe(30);
  });

  it('RestoreSecret brings back the same value and versions, which restore-secret replaces at once', async () => {
    const secret = await create('the-second-value');
    const before = await labelsOf(secret);
    await account.secrets.deleteSecret({SecretId: secret});
    await account.secrets.restoreSecret({SecretId: secret});
    expect(await labelsOf(secret)).toEqual(before);
    expect([await readValue(secret), await readValue(secret, 'AWSPREVIOUS')]).toEqual([
      'the-second-value',
      'the-first-value',
    ]);

    await deleteSecret.execute(deleting(secret), {arn: '', made: {}}, ctx);
    await restoreSecret.execute(restoreSecret.input.parse({secret, 'value-from': 'next'}), undefined, ctx);

    expect(await readValue(secret)).toBe('the-next-value');
    await expect(readValue(secret, 'AWSPREVIOUS')).rejects.toThrow();
    expect(Object.entries(await labelsOf(secret)).filter(([id]) => Object.hasOwn(before, id))).toEqual(
      Object.keys(before).map((id) => [id, []]),
    );
  });

  it('CreateSecret whose answer was lost leaves one value in force', async () => {
    const secret = await create();
    await deleteSecret.execute(deleting(secret, forGood), {arn: '', made: {}}, ctx);
    interceptCalls('secrets', async ({method}, go) => {
      const answer = await go();
      if (method === 'createSecret') throw lostAnswer();
      return answer;
    });
    const input = restoreSecret.input.parse({secret, generate: 20, recreate: {}});
    await expect(restoreSecret.execute(input, undefined, ctx)).rejects.toMatchObject({retryable: true});
    const lost = await readValue(secret);

    await restoreSecret.execute(input, undefined, ctx);

    expect(await restoreSecret.inspect?.(input, undefined, ctx)).toBe('applied');
    expect(await readValue(secret)).not.toBe(lost);
    await expect(readValue(secret, 'AWSPREVIOUS')).rejects.toThrow();
  });

  describe('where CreateSecret is refused, since the name is already scheduled for deletion', () => {
    const said = "You can't create this secret because a secret with this name is already scheduled for deletion.";
    /** AWS refuses the name while it purges, which moto does at once; time goes on by sleeping alone. */
    const purge = async (refusals: number) => {
      const secret = await create();
      await account.secrets.deleteSecret({SecretId: secret});
      let left = refusals;
      interceptCalls('secrets', async ({method}, go) => {
        if (method !== 'createSecret') return go();
        if (left-- > 0) throw refusal('InvalidRequestException', said);
        await account.secrets.deleteSecret({SecretId: secret, ForceDeleteWithoutRecovery: true});
        return go();
      });
      const slept: number[] = [];
      const sleep = async (ms: number) => void slept.push(ms);
      const now = () => slept.reduce((sum, ms) => sum + ms, 0);
      const input = restoreSecret.input.parse({secret, 'value-from': 'next', recreate: {}});
      return {secret, input, slept, timed: {...ctx, clock: {...ctx.clock, now, sleep}}};
    };

    it('waits until it is purged, and makes the secret anew', async () => {
      const {secret, input, slept, timed} = await purge(3);

      await restoreSecret.execute(input, undefined, timed);

      expect(slept).toEqual([5000, 5000, 5000]);
      expect(ctx.drained[0]?.what).toBe(`the secret \`${secret}\` before, which AWS purges`);
      expect(await readValue(secret)).toBe('the-next-value');
      expect(await restoreSecret.inspect?.(input, undefined, timed)).toBe('applied');
    });

    it('gives up after two minutes, as AWS calls it a short delay', async () => {
      const {input, timed} = await purge(Number.POSITIVE_INFINITY);

      await expect(restoreSecret.execute(input, undefined, timed)).rejects.toMatchObject({detail: 'MarkedForDeletion'});

      expect(timed.clock.now()).toBe(125_000);
      expect(await restoreSecret.inspect?.(input, undefined, timed)).toBe('not-applied');
    });
  });
});
