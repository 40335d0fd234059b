import {afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi} from 'vitest';
import {AwsClient} from '../../../src/drivers/aws/client.ts';
import {rotateByFunction} from '../../../src/drivers/aws/rotate-by-function.ts';
import {retireVersion} from '../../../src/drivers/aws/rotate-secret.ts';
import type {AwsSession} from '../../../src/drivers/aws/session.ts';
import type {TestContext} from '../../helpers/context.ts';
import {type Account, startAccount} from './account.ts';

type Answer = (api: unknown, options: unknown) => Promise<unknown>;

describe('drivers/aws/rotate-by-function', () => {
  let account: Account;
  let ctx: TestContext<AwsSession>;
  let count = 0;
  beforeAll(async () => {
    account = await startAccount();
  });
  afterAll(() => account?.down());
  beforeEach(async () => {
    ctx = await account.open();
  });

  /** A secret with automatic rotation, of which moto knows no function. */
  const create = async () => {
    const secret = `rotated/${count++}`;
    await account.secrets.createSecret({Name: secret, SecretString: 'the-first-value'});
    const RotationRules = {AutomaticallyAfterDays: 30};
    await account.secrets.rotateSecret({SecretId: secret, RotationRules, RotateImmediately: false});
    return secret;
  };
  const of = (secret: string, given: object = {}) => rotateByFunction.input.parse({secret, ...given});
  const prepare = async (secret: string, given: object = {}) => {
    const state = await rotateByFunction.prepare?.(of(secret, given), ctx);
    if (state === undefined) throw new Error('nothing prepared');
    return state;
  };
  const inspect = (secret: string, state: Awaited<ReturnType<typeof prepare>>) =>
    rotateByFunction.inspect?.(of(secret), state, ctx);
  const explain = (secret: string, state: Awaited<ReturnType<typeof prepare>>) =>
    rotateByFunction.explain?.(of(secret), state, ctx);
  const labelsOf = async (secret: string) =>
    (await account.secrets.describeSecret({SecretId: secret})).VersionIdsToStages ?? {};
  const leavePending = async (secret: string, token?: string) =>
    (
      await account.secrets.putSecretValue({
        SecretId: secret,
        SecretString: 'the-pending-value',
        VersionStages: ['AWSPENDING'],
        ...(token === undefined ? {} : {ClientRequestToken: token}),
      })
    ).VersionId ?? '';
  /** What a rotation function does in the end. */
  const finish = (secret: string, from: string | null, to: string) =>
    account.secrets.updateSecretVersionStage({
      SecretId: secret,
      VersionStage: 'AWSCURRENT',
      ...(from === null ? {} : {RemoveFromVersionId: from}),
      MoveToVersionId: to,
    });
  const cancel = (secret: string, version: string) =>
    account.secrets.updateSecretVersionStage({
      SecretId: secret,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: version,
    });

  /** RotateSecret as AWS answers it: the version is pending, and what comes of it is for the function to say. moto puts one in force at once. */
  const rotateAsAws = (trouble: {readonly before?: () => void; readonly after?: () => void} = {}) => {
    const asked: string[] = [];
    const real = AwsClient.prototype.secrets;
    vi.spyOn(AwsClient.prototype, 'secrets').mockImplementation(async function (this: AwsClient, action, call, signal) {
      if (action !== 'RotateSecret') return real.call(this, action, call, signal) as never;
      const rotateSecret = async (request: {SecretId: string; ClientRequestToken: string}) => {
        trouble.before?.();
        asked.push(request.ClientRequestToken);
        await leavePending(request.SecretId, request.ClientRequestToken);
        trouble.after?.();
      };
      return (call as Answer)({rotateSecret}, {}) as never;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    return asked;
  };
  /** moto takes no function that it does not have. */
  const rotatedBy = (arn: string) => {
    const real = AwsClient.prototype.secrets;
    vi.spyOn(AwsClient.prototype, 'secrets').mockImplementation(async function (this: AwsClient, ...given) {
      const answer = await real.apply(this, given);
      return (given[0] === 'DescribeSecret' ? {...Object(answer), RotationLambdaARN: arn} : answer) as never;
    });
    onTestFinished(() => void vi.restoreAllMocks());
  };

  it('RotateSecret is asynchronous: it is applied only when the pending version has become current', async () => {
    const secret = await create();
    const asked = rotateAsAws();
    const state = await prepare(secret);
    expect(await inspect(secret, state)).toBe('not-applied');

    await rotateByFunction.execute(of(secret), state, ctx);

    expect(asked).toEqual([state.version]);
    expect(await inspect(secret, state)).toBe('partly');
    await finish(secret, state.current, state.version);
    expect((await labelsOf(secret))[state.version]?.toSorted()).toEqual(['AWSCURRENT', 'AWSPENDING']);
    expect(await inspect(secret, state)).toBe('applied');
    await cancel(secret, state.version);
    expect(await inspect(secret, state)).toBe('applied');
    expect([...ctx.owned]).toEqual([`secret-version ${state.version}`]);
  });

  it('ClientRequestToken makes RotateSecret begin once, though its answer was lost or the run was cut off', async () => {
    const secret = await create();
    const lost = new Error('the connection was cut');
    const asked = rotateAsAws({
      after: () => {
        throw lost;
      },
    });
    const state = await prepare(secret);
    await expect(rotateByFunction.execute(of(secret), state, ctx)).rejects.toBe(lost);

    await rotateByFunction.execute(of(secret), state, ctx);

    ctx = await account.open();
    expect(await prepare(secret)).toEqual(state);
    await rotateByFunction.execute(of(secret), state, ctx);
    await finish(secret, state.current, state.version);
    await rotateByFunction.execute(of(secret), state, ctx);
    expect(asked).toEqual([state.version]);
  });

  it('is another rotation where another version is current', async () => {
    const secret = await create();
    const first = await prepare(secret);
    await rotateByFunction.execute(of(secret), first, ctx);

    const second = await prepare(secret);

    expect(second.current).toBe(first.version);
    expect(second.version).not.toBe(first.version);
    await rotateByFunction.execute(of(secret), second, ctx);
    expect(await inspect(secret, second)).toBe('applied');
    expect(await inspect(secret, first)).toBe('partly');
  });

  it('a stuck AWSPENDING makes later calls fail: nothing is begun, and the way out is told', async () => {
    const secret = await create();
    const version = await leavePending(secret);

    await expect(prepare(secret)).rejects.toMatchObject({
      detail: 'rotation-pending',
      message: `Expected no rotation of the secret \`${secret}\` to be under way, found AWSPENDING on its version \`${version}\`, which is not current: AWS begins no other until that is over. Read the log of its function, and let it finish; or cancel the rotation by \`aws secretsmanager update-secret-version-stage --secret-id ${secret} --version-stage AWSPENDING --remove-from-version-id ${version}\`, once it is known which value the system behind takes.`,
    });

    await cancel(secret, version);
    await expect(prepare(secret)).resolves.toMatchObject({current: expect.any(String)});
  });

  it('a stuck AWSPENDING that came after the baseline is not overtaken', async () => {
    const secret = await create();
    const state = await prepare(secret);
    await leavePending(secret);

    await expect(rotateByFunction.execute(of(secret), state, ctx)).rejects.toMatchObject({detail: 'rotation-pending'});

    expect(ctx.calls).not.toContain('rotate-secret');
    expect(ctx.owned.size).toBe(0);
    expect(await inspect(secret, state)).toBe('not-applied');
  });

  it('a stuck AWSPENDING stays partly, and is what the failure tells of', async () => {
    const secret = await create();
    rotateAsAws();
    const state = await prepare(secret);
    expect(await explain(secret, state)).toBeUndefined();
    await rotateByFunction.execute(of(secret), state, ctx);

    expect(await inspect(secret, state)).toBe('partly');
    expect(await explain(secret, state)).toMatch(
      `AWSPENDING is still on its version \`${state.version}\`, which is not current: the rotation needs longer than \`within\`, or is stuck. Read the log`,
    );
  });

  it('is partly done where somebody cancelled it, and not where it was refused', async () => {
    const secret = await create();
    const refused = new Error('no right to call the function');
    let mayCall = false;
    const asked = rotateAsAws({
      before: () => {
        if (!mayCall) throw refused;
      },
    });
    const state = await prepare(secret);
    await expect(rotateByFunction.execute(of(secret), state, ctx)).rejects.toBe(refused);
    expect(await inspect(secret, state)).toBe('not-applied');
    mayCall = true;
    await rotateByFunction.execute(of(secret), state, ctx);

    await cancel(secret, state.version);

    expect(await inspect(secret, state)).toBe('partly');
    await rotateByFunction.execute(of(secret), state, ctx);
    expect(asked).toEqual([state.version]);
    expect(await inspect(secret, state)).toBe('partly');
  });

  it('a rotation that begins after its own leaves it partly', async () => {
    const secret = await create();
    rotateAsAws();
    const state = await prepare(secret);
    await rotateByFunction.execute(of(secret), state, ctx);
    await finish(secret, state.current, state.version);
    await cancel(secret, state.version);

    const other = await leavePending(secret);

    expect(await inspect(secret, state)).toBe('partly');
    expect(await explain(secret, state)).toContain(other);
  });

  it('AWSPREVIOUS keeps the value before readable until retire-version takes it away', async () => {
    const secret = await create();
    const state = await prepare(secret);
    const retiring = retireVersion.input.parse({secret});
    const before = (await retireVersion.prepare?.(retiring, ctx)) ?? {versions: []};
    await rotateByFunction.execute(of(secret), state, ctx);
    expect((await labelsOf(secret))[state.current ?? '']).toEqual(['AWSPREVIOUS']);
    expect(await retireVersion.inspect?.(retiring, before, ctx)).not.toBe('applied');

    await retireVersion.execute(retiring, before, ctx);

    expect(await retireVersion.inspect?.(retiring, before, ctx)).toBe('applied');
    expect(await inspect(secret, state)).toBe('applied');
  });

  it('moto puts a version without a value in force at once, which proves nothing of a function', async () => {
    const secret = await create();
    const state = await prepare(secret);

    await rotateByFunction.execute(of(secret), state, ctx);

    expect(await inspect(secret, state)).toBe('applied');
    await expect(account.secrets.getSecretValue({SecretId: secret})).rejects.toThrow('find the specified secret value');
    expect(rotateByFunction.unenforced?.(of(secret))).toContain('runs no function');
  });

  it('begins nothing where rotation is off, which RotateSecret would switch on', async () => {
    const secret = await create();
    const bare = `rotated/${count++}`;
    await account.secrets.createSecret({Name: bare, SecretString: 'the-first-value'});

    await expect(prepare(bare)).rejects.toMatchObject({detail: 'no-rotation'});
    await account.secrets.deleteSecret({SecretId: secret});
    await expect(prepare(secret)).rejects.toMatchObject({detail: 'marked-for-deletion'});
    await expect(prepare('rotated/none')).rejects.toMatchObject({detail: 'no-such-secret'});
  });

  it('begins nothing by another function than the one that is named', async () => {
    const secret = await create();
    const named = {function: 'rotate-orders'};
    await expect(prepare(secret, named)).rejects.toThrow('by the function `rotate-orders`, found no function');
    rotatedBy('arn:aws:lambda:eu-central-1:123456789012:function:rotate-orders');

    await expect(prepare(secret, named)).resolves.toMatchObject({current: expect.any(String)});
    await expect(prepare(secret)).rejects.toThrow(
      'by AWS itself, since no `function` is named, found the function `rotate-orders`',
    );
    await expect(prepare(secret, {function: 'rotate-others'})).rejects.toMatchObject({detail: 'other-function'});
  });

  it('needs the right to call the function that is named, and no other', () => {
    const rightsOf = (given: object) => rotateByFunction.needs?.(of('orders/db', given));

    const secretOf = {
      path: 'secretsmanager/orders/db',
      capabilities: ['secretsmanager:DescribeSecret', 'secretsmanager:RotateSecret'],
    };
    expect(rightsOf({})).toEqual([secretOf]);
    expect(rightsOf({function: 'rotate-orders'})).toEqual([
      secretOf,
      {path: 'lambda/rotate-orders', capabilities: ['lambda:InvokeFunction']},
    ]);
    expect(rotateByFunction.input.safeParse({secret: 'a', function: 'arn:aws:lambda:x'}).success).toBe(false);
  });
});
