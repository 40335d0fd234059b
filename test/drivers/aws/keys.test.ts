import {chmod, readdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import {accessKey} from '../../../src/drivers/aws/access-key.ts';
import {call} from '../../../src/drivers/aws/call.ts';
import {AwsClient} from '../../../src/drivers/aws/client.ts';
import {parseCredentials} from '../../../src/drivers/aws/credentials.ts';
import {deactivateAccessKey, deleteAccessKey} from '../../../src/drivers/aws/end-access-key.ts';
import {holdings, holdingsAlive} from '../../../src/drivers/aws/holdings.ts';
import {issueAccessKey} from '../../../src/drivers/aws/issue-access-key.ts';
import {refuseOwn} from '../../../src/drivers/aws/refuse-own.ts';
import {deliver} from '../../../src/drivers/deliver.ts';
import {type Account, accountId, readDelivered, startAccount} from './account.ts';

const rights = ['secretsmanager:ListSecrets', 'sts:AssumeRole'];

describe('drivers/aws/keys', () => {
  let account: Account;
  beforeAll(async () => {
    account = await startAccount();
  });
  afterEach(() => void vi.restoreAllMocks());
  afterAll(() => account?.down());

  const asking = (credentials: string) => call.input.parse({credentials, action: 'secretsmanager:ListSecrets'});

  it('captures the key that the integration reads, with whose it is', async () => {
    const {credentials, id} = await account.createUser('captured', rights);
    const ctx = await account.open();

    const taken = await accessKey.take({credentials}, ctx);

    expect(taken).toMatchObject({
      accessKeyId: id,
      account: '123456789012',
      arn: expect.stringMatching(/:user\/captured$/),
    });
    expect(ctx.known.get(parseCredentials(credentials, ctx.redactor).secretAccessKey)).toBe('AWS secret access key');
  });

  it('refuses a key that nobody knows when it is captured', async () => {
    const ctx = await account.open();
    const credentials = '[default]\naws_access_key_id = AKIABOGUSBOGUSBOGUSB\naws_secret_access_key = nothing\n';

    await expect(accessKey.take({credentials}, ctx)).rejects.toMatchObject({
      code: 'unauthenticated',
      detail: 'InvalidClientTokenId',
      // One that was issued just now is not known to all of AWS at once.
      retryable: true,
    });
  });

  it('finds a deleted key dead, which AWS refuses as UnrecognizedClient or InvalidClientTokenId', async () => {
    const {credentials, id} = await account.createUser('deleted', rights);
    const ctx = await account.open();
    const input = deleteAccessKey.input.parse({user: 'deleted', 'access-key-id': id});
    expect(await call.observe(asking(credentials), ctx)).toEqual({state: 'allowed', code: '200'});
    const state = await deleteAccessKey.prepare?.(input, ctx);
    expect(state).toMatchObject({key: {id, status: 'Active'}});
    if (state === undefined) throw new Error('nothing prepared');
    expect(await deleteAccessKey.inspect?.(input, state, ctx)).toBe('not-applied');

    await deleteAccessKey.execute(input, state, ctx);
    await deleteAccessKey.execute(input, state, ctx);

    expect(await deleteAccessKey.inspect?.(input, state, ctx)).toBe('applied');
    expect(await call.observe(asking(credentials), ctx)).toEqual({
      state: 'denied',
      code: 'InvalidClientTokenId',
      ownControl: true,
    });
  });

  it('AccessDenied is of a key that lives and may not: it is disarmed', async () => {
    const {credentials} = await account.createUser('rightless', ['iam:GetUser']);
    const ctx = await account.open();

    expect(await call.observe(asking(credentials), ctx)).toEqual({
      state: 'denied',
      code: 'AccessDenied',
      ownControl: true,
      surface: 'disarmed',
    });
  });

  it('GetCallerIdentity can not test a revocation: it is refused as a proof, with the reason', () => {
    const parsed = call.input.safeParse({credentials: 'x', action: 'sts:GetCallerIdentity'});

    expect(parsed.error?.issues.map(({message}) => message)).toEqual([
      expect.stringContaining('AWS answers it even under a policy that denies everything'),
    ]);
  });

  it('UpdateAccessKey makes a key inactive, which moto does not hold against it', async () => {
    const {credentials, id} = await account.createUser('inactive', rights);
    const ctx = await account.open();
    const input = deactivateAccessKey.input.parse({user: 'inactive', 'access-key-id': id});
    const state = await deactivateAccessKey.prepare?.(input, ctx);
    if (state === undefined) throw new Error('nothing prepared');

    await deactivateAccessKey.execute(input, state, ctx);

    expect(await deactivateAccessKey.inspect?.(input, state, ctx)).toBe('applied');
    expect((await account.iam.listAccessKeys({UserName: 'inactive'})).AccessKeyMetadata).toMatchObject([
      {Status: 'Inactive'},
    ]);
    expect(await call.observe(asking(credentials), ctx)).toMatchObject({state: 'allowed'});
    expect(deactivateAccessKey.unenforced?.(input)).toContain('inactive key');
  });

  it('an inactive key is refused like a deleted one: it is disarmed while it is there', async () => {
    const {credentials, id} = await account.createUser('refused', rights);
    const ctx = await account.open();
    expect(await call.observe(asking(credentials), ctx)).toMatchObject({state: 'allowed'});
    await account.iam.updateAccessKey({UserName: 'refused', AccessKeyId: id, Status: 'Inactive'});
    // As AWS answers for an inactive key; moto lets it in.
    const unknown = new DriverError('refused', {code: 'unauthenticated', detail: 'InvalidClientTokenId'});
    vi.spyOn(AwsClient.prototype, 'secrets').mockRejectedValue(unknown);
    onTestFinished(() => void vi.restoreAllMocks());

    expect(await call.observe(asking(credentials), ctx)).toMatchObject({state: 'denied', surface: 'disarmed'});
    await account.iam.deleteAccessKey({UserName: 'refused', AccessKeyId: id});
    expect(await call.observe(asking(credentials), ctx)).toEqual({
      state: 'denied',
      code: 'InvalidClientTokenId',
      ownControl: true,
    });
  });

  it('takes nothing from itself', async () => {
    const ctx = await account.open();
    const own = parseCredentials(account.operator, ctx.redactor).accessKeyId;
    const input = deactivateAccessKey.input.parse({user: 'operator', 'access-key-id': own});

    await expect(deactivateAccessKey.prepare?.(input, ctx)).rejects.toMatchObject({detail: 'own-credential'});
    expect(() => refuseOwn({principal: `arn:aws:iam::${accountId}:user/operator`}, ctx)).toThrow(
      'what the run itself works with',
    );
    expect(() => refuseOwn({user: 'operator'}, ctx)).toThrow();
    ctx.connection.holders.push({arn: `arn:aws:sts::${accountId}:assumed-role/drill/offdrill-1`, key: 'ASIA'});
    expect(() => refuseOwn({role: 'drill'}, ctx)).toThrow();
    expect(() => refuseOwn({principal: `arn:aws:iam::${accountId}:role/path/drill`}, ctx)).toThrow();
    expect(() =>
      refuseOwn({user: 'drill', role: 'operator', principal: `arn:aws:iam::${accountId}:user/x`}, ctx),
    ).not.toThrow();
  });

  it('begins nothing for a key of somebody else, which is gone already and would look like success', async () => {
    const {id} = await account.createUser('mine', rights);
    await account.createUser('other', rights);
    const ctx = await account.open();
    const input = deleteAccessKey.input.parse({user: 'other', 'access-key-id': id});

    await expect(deleteAccessKey.prepare?.(input, ctx)).rejects.toMatchObject({detail: 'no-such-key'});
  });

  it('UserName is never omitted: UpdateAccessKey and DeleteAccessKey would act on the caller', () => {
    expect(deleteAccessKey.input.safeParse({'access-key-id': 'AKIAIOSFODNN7EXAMPLE'}).success).toBe(false);
    expect(deactivateAccessKey.input.safeParse({'access-key-id': 'AKIAIOSFODNN7EXAMPLE'}).success).toBe(false);
  });

  describe('issue-access-key', () => {
    const ended = async (user: string) => {
      const {credentials, id} = await account.createUser(user, rights);
      const ctx = await account.open();
      await deliver(path.join(account.base, user), credentials, 'the access key');
      const input = deactivateAccessKey.input.parse({user, 'access-key-id': id, 'deliver-to': user});
      await deactivateAccessKey.execute(input, {key: {id, status: 'Active'}}, ctx);
      return {ctx, id, credentials, input: issueAccessKey.input.parse({user, 'deliver-to': user})};
    };
    const idsOf = async (user: string) =>
      (await account.iam.listAccessKeys({UserName: user})).AccessKeyMetadata?.map(({AccessKeyId}) => AccessKeyId) ?? [];

    it('issues another and deletes the one that was taken, never making it active again', async () => {
      const {ctx, id, input} = await ended('reissued');
      expect(await issueAccessKey.inspect?.(input, undefined, ctx)).toBe('not-applied');

      await issueAccessKey.execute(input, undefined, ctx);

      const [issued = '', ...others] = await idsOf('reissued');
      expect(others).toEqual([]);
      expect(issued).not.toBe(id);
      expect(await readDelivered(account, 'reissued')).toContain(`aws_access_key_id = ${issued}\n`);
      expect(await issueAccessKey.inspect?.(input, undefined, ctx)).toBe('applied');
      expect(await call.observe(asking(await readDelivered(account, 'reissued')), ctx)).toMatchObject({
        state: 'allowed',
      });
      expect([...ctx.owned]).toContain(`access-key ${issued} for reissued`);
    });

    it('does not take a key that it ended for one that lives, however AWS tells of it', async () => {
      const {ctx, id, input} = await ended('stale');
      await account.iam.updateAccessKey({UserName: 'stale', AccessKeyId: id, Status: 'Active'});
      expect(await issueAccessKey.inspect?.(input, undefined, ctx)).toBe('not-applied');

      await issueAccessKey.execute(input, undefined, ctx);

      expect(await idsOf('stale')).not.toContain(id);
      expect(await issueAccessKey.inspect?.(input, undefined, ctx)).toBe('applied');
    });

    describe('where the answer that names a new key is lost', () => {
      const lost = new DriverError('no answer', {code: 'timeout', retryable: true});
      /** The user has a key that the run made or, for all that AWS tells, somebody else at that moment. */
      const loseAnswer = async (user: string, keysBefore = 1) => {
        const given = await ended(user);
        if (keysBefore > 1) await account.iam.createAccessKey({UserName: user});
        const before = await idsOf(user);
        const real = AwsClient.prototype.iam;
        vi.spyOn(AwsClient.prototype, 'iam').mockImplementation(async function (this: AwsClient, ...asked) {
          const answer = await real.apply(this, asked);
          if (asked[0] === 'CreateAccessKey') throw lost;
          return answer as never;
        });
        await expect(issueAccessKey.execute(given.input, undefined, given.ctx)).rejects.toBe(lost);
        vi.restoreAllMocks();
        const [unknown = ''] = (await idsOf(user)).filter((id) => !before.includes(id));
        return {...given, unknown, beside: before.find((id) => id !== given.id)};
      };
      const goOn = (owned: ReadonlySet<string>) => account.open({}, {owned: new Set(owned)});

      it('names that key, and deletes nothing that may be a person’s', async () => {
        const {ctx, input, unknown, beside} = await loseAnswer('unanswered', 2);
        const mend = `aws iam delete-access-key --user-name unanswered --access-key-id ${unknown}`;

        // In this process, and in the one that goes on with the run.
        for (const again of [ctx, await goOn(ctx.owned)])
          await expect(issueAccessKey.execute(input, undefined, again)).rejects.toMatchObject({
            code: 'conflict',
            detail: 'unknown-key',
            retryable: false,
            message: expect.stringMatching(
              new RegExp(`found \`${unknown}\`, made at \\S+Z: .*\`${mend}\`, and go on with \`offdrill resume\``),
            ),
          });

        expect((await idsOf('unanswered')).toSorted()).toEqual([unknown, beside].toSorted());
      });

      it('goes on once a person has deleted it', async () => {
        const {ctx, input, unknown, beside} = await loseAnswer('looked-at', 2);
        await account.iam.deleteAccessKey({UserName: 'looked-at', AccessKeyId: unknown});
        const again = await goOn(ctx.owned);

        await issueAccessKey.execute(input, undefined, again);

        // The one that was there before the run asked is left alone.
        expect(await idsOf('looked-at')).toHaveLength(2);
        expect(await idsOf('looked-at')).toContain(beside);
        expect(await issueAccessKey.inspect?.(input, undefined, again)).toBe('applied');
      });

      it('is not done while AWS lists that key only later', async () => {
        const {ctx, input, unknown} = await loseAnswer('listed-late');
        const real = AwsClient.prototype.iam;
        vi.spyOn(AwsClient.prototype, 'iam').mockImplementation(async function (this: AwsClient, ...asked) {
          const answer = await real.apply(this, asked);
          if (asked[0] !== 'ListAccessKeys') return answer as never;
          const keys: readonly object[] = Object(answer).AccessKeyMetadata;
          return {AccessKeyMetadata: keys.filter((key) => Object(key).AccessKeyId !== unknown)} as never;
        });
        await issueAccessKey.execute(input, undefined, ctx);
        vi.restoreAllMocks();

        await expect(issueAccessKey.inspect?.(input, undefined, ctx)).rejects.toMatchObject({detail: 'unknown-key'});
      });

      it('leaves alone what was made at another time, and issues one beside it', async () => {
        const {ctx, input, unknown} = await loseAnswer('long-ago');
        const past = [...ctx.owned].map((one) =>
          one.replace(/^(key-asked long-ago) .*/, '$1 2001-01-01T00:00:00.000Z'),
        );
        const again = await goOn(new Set(past));

        await issueAccessKey.execute(input, undefined, again);

        expect(await idsOf('long-ago')).toContain(unknown);
        expect(await issueAccessKey.inspect?.(input, undefined, again)).toBe('applied');
      });
    });

    it('leaves a key alone that a person makes meanwhile', async () => {
      const {ctx, input} = await ended('visited');
      await issueAccessKey.execute(input, undefined, ctx);
      const {AccessKey} = await account.iam.createAccessKey({UserName: 'visited'});
      const [own = ''] = (await idsOf('visited')).filter((id) => id !== AccessKey?.AccessKeyId);
      // The run's own can't be used any more: another is issued.
      await account.iam.updateAccessKey({UserName: 'visited', AccessKeyId: own, Status: 'Inactive'});

      await issueAccessKey.execute(input, undefined, ctx);

      const left = await idsOf('visited');
      expect(left).toHaveLength(2);
      expect(left).toContain(AccessKey?.AccessKeyId);
      expect(left).not.toContain(own);
    });

    it('knows that nothing was made where AWS said no', async () => {
      const {ctx, input} = await ended('denied');
      const no = new DriverError('no', {code: 'forbidden', detail: 'AccessDenied'});
      const real = AwsClient.prototype.iam;
      vi.spyOn(AwsClient.prototype, 'iam').mockImplementation(async function (this: AwsClient, ...asked) {
        if (asked[0] === 'CreateAccessKey') throw no;
        return (await real.apply(this, asked)) as never;
      });
      await expect(issueAccessKey.execute(input, undefined, ctx)).rejects.toBe(no);
      vi.restoreAllMocks();
      // A person's.
      await account.iam.createAccessKey({UserName: 'denied'});

      await issueAccessKey.execute(input, undefined, ctx);

      expect(await idsOf('denied')).toHaveLength(2);
    });

    it('a user may have two keys: names those beside which there is no room, and touches neither', async () => {
      const {ctx, id, input} = await ended('crowded');
      await account.iam.deleteAccessKey({UserName: 'crowded', AccessKeyId: id});
      for (let made = 0; made < 2; made += 1) await account.iam.createAccessKey({UserName: 'crowded'});
      const before = await idsOf('crowded');

      await expect(issueAccessKey.execute(input, undefined, ctx)).rejects.toMatchObject({
        detail: 'two-keys',
        message: expect.stringContaining(`: \`${before[0]}\` (active) and \`${before[1]}\` (active). Delete the one`),
      });
      expect(await idsOf('crowded')).toEqual(before);
    });

    it('leaves a key alone that the run issued for another file', async () => {
      const {ctx, id} = await ended('twofold');
      await account.iam.deleteAccessKey({UserName: 'twofold', AccessKeyId: id});
      const into = (file: string) => issueAccessKey.execute({user: 'twofold', 'deliver-to': file}, undefined, ctx);

      await into('twofold-a');
      await into('twofold-b');

      const ids = await idsOf('twofold');
      const held = await Promise.all(['twofold-a', 'twofold-b'].map((file) => readDelivered(account, file)));
      expect(ids).toHaveLength(2);
      expect(held.map((text) => ids.filter((one = 'none') => text.includes(one)).length)).toEqual([1, 1]);
    });

    it('is safe to run twice: the second time nothing is issued', async () => {
      const {ctx, input} = await ended('twice');

      await issueAccessKey.execute(input, undefined, ctx);
      const first = await idsOf('twice');
      await issueAccessKey.execute(input, undefined, await account.open());

      expect(await idsOf('twice')).toEqual(first);
    });

    it('overwrites no file with the key of another user', async () => {
      const {credentials} = await account.createUser('neighbour', rights);
      const {ctx} = await ended('lost');
      await deliver(path.join(account.base, 'lost'), credentials, 'the access key');

      const input = issueAccessKey.input.parse({user: 'lost', 'deliver-to': 'lost'});
      await expect(issueAccessKey.execute(input, undefined, ctx)).rejects.toMatchObject({detail: 'other-user'});

      expect(await readDelivered(account, 'lost')).toBe(credentials);
    });

    it('deletes what it could not deliver, and leaves the file as it was', async () => {
      const {ctx, id, credentials, input} = await ended('undelivered');
      await account.iam.createAccessKey({UserName: 'undelivered'});
      await expect(
        issueAccessKey.execute(issueAccessKey.input.parse({...input, 'deliver-to': 'no/such/folder'}), undefined, ctx),
      ).rejects.toMatchObject({detail: 'two-keys'});
      const before = await idsOf('undelivered');
      const elsewhere = issueAccessKey.input.parse({...input, 'deliver-to': 'undelivered/x'});

      await expect(issueAccessKey.execute(elsewhere, undefined, ctx)).rejects.toThrow();

      expect(await idsOf('undelivered')).toEqual(before);
      expect(before).toContain(id);
      expect(await readDelivered(account, 'undelivered')).toBe(credentials);
      expect((await readdir(account.base)).filter((name) => name.endsWith('.part'))).toEqual([]);
      await chmod(account.base, 0o700);
    });
  });

  describe('holdings', () => {
    it('lists the active keys, and finds none alive once they are gone', async () => {
      const {credentials, id} = await account.createUser('held', rights);
      const ctx = await account.open();
      await call.observe(asking(credentials), ctx);

      const held = await holdings.take(holdings.input.parse({user: 'held'}), ctx);

      expect(held.keys).toMatchObject([{id, lastUsedAt: expect.any(String)}]);
      expect(holdings.count(held)).toBe(1);
      const probe = holdingsAlive.input.parse({holdings: held});
      expect(await holdingsAlive.observe(probe, ctx)).toMatchObject({state: 'allowed', facts: {keys: 1, versions: 0}});
      await account.iam.updateAccessKey({UserName: 'held', AccessKeyId: id, Status: 'Inactive'});
      expect(await holdingsAlive.observe(probe, ctx)).toMatchObject({state: 'denied', surface: 'disarmed'});
      await account.iam.deleteAccessKey({UserName: 'held', AccessKeyId: id});
      const over = held.at + 36 * 3_600_000;
      const dead = {state: 'denied', code: 'none-alive', facts: {keys: 0, versions: 0}};
      // Sessions that were begun with it outlive it.
      expect(await holdingsAlive.observe(probe, ctx)).toEqual({...dead, surface: 'unobservable', until: over});
      const later = {...ctx, clock: {...ctx.clock, now: () => over}};
      expect(await holdingsAlive.observe(probe, later)).toEqual(dead);
    });

    it('lists the key that a rollback issued: it is the integration’s', async () => {
      const {id} = await account.createUser('back', rights);
      const ctx = await account.open();
      await account.iam.deleteAccessKey({UserName: 'back', AccessKeyId: id});
      await issueAccessKey.execute({user: 'back', 'deliver-to': 'back'}, undefined, ctx);

      const held = await holdings.take(holdings.input.parse({user: 'back'}), ctx);

      expect(held.keys).toMatchObject([{id: expect.not.stringContaining(id)}]);
    });
  });
});
