import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {call} from '../../../src/drivers/aws/call.ts';
import {deactivateAccessKey, deleteAccessKey} from '../../../src/drivers/aws/end-access-key.ts';
import {holdings, holdingsAlive} from '../../../src/drivers/aws/holdings.ts';
import {roleSession} from '../../../src/drivers/aws/role-session.ts';
import {type Account, accountId, startAccount} from './account.ts';
import {interceptCalls} from './intercept-calls.ts';

describe('drivers/aws/end-access-key', () => {
  let account: Account;
  beforeAll(async () => {
    account = await startAccount();
  });
  afterAll(() => account?.down());

  const asking = (credentials: string) => call.input.parse({credentials, action: 'secretsmanager:ListSecrets'});

  /** A user with a key, and a role that it may take for two hours at most. */
  const furnish = async (user: string) => {
    const {credentials, id} = await account.createUser(user, ['sts:AssumeRole', 'secretsmanager:ListSecrets']);
    const principal = {AWS: `arn:aws:iam::${accountId}:user/${user}`};
    const statement = (given: object) => JSON.stringify({Version: '2012-10-17', Statement: [given]});
    await account.iam.createRole({
      RoleName: user,
      AssumeRolePolicyDocument: statement({Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal}),
      MaxSessionDuration: 7200,
    });
    await account.iam.putRolePolicy({
      RoleName: user,
      PolicyName: 'rights',
      PolicyDocument: statement({Effect: 'Allow', Action: 'secretsmanager:ListSecrets', Resource: '*'}),
    });
    const ctx = await account.open();
    const role = {'role-arn': `arn:aws:iam::${accountId}:role/${user}`, credentials};
    return {credentials, id, ctx, role: roleSession.input.parse(role)};
  };

  // Of GetSessionToken moto hands out one key, which it does not know; AssumeRole's sessions are as independent of the key.
  it.each([
    ['deactivated', deactivateAccessKey],
    ['deleted', deleteAccessKey],
  ])('a session that was begun with a key works on after the key is %s', async (how, action) => {
    const {id, ctx, role} = await furnish(how);
    const session = await roleSession.take(role, ctx);
    const input = action.input.parse({user: how, 'access-key-id': id});

    await action.execute(input, {key: {id, status: 'Active'}}, ctx);

    expect(await action.inspect?.(input, {key: {id, status: 'Active'}}, ctx)).toBe('applied');
    expect(await call.observe(asking(session.credentials), ctx)).toEqual({state: 'allowed', code: '200'});
  });

  it('sessions of a deleted key are unobservable until the longest of them is over', async () => {
    const {id, ctx, role, credentials} = await furnish('outlived');
    await roleSession.take(role, ctx);
    const held = await holdings.take(holdings.input.parse({user: 'outlived', role: 'outlived'}), ctx);
    const probe = holdingsAlive.input.parse({holdings: held});

    await deleteAccessKey.execute({user: 'outlived', 'access-key-id': id}, {key: {id, status: 'Active'}}, ctx);

    expect(await call.observe(asking(credentials), ctx)).toMatchObject({code: 'InvalidClientTokenId'});
    // GetSessionToken gives 36 hours at most, and the role no more than that.
    const until = held.at + 36 * 3_600_000;
    expect(await holdingsAlive.observe(probe, ctx)).toMatchObject({state: 'denied', surface: 'unobservable', until});
    // Without a key, the role's own two hours count.
    const ofRole = holdingsAlive.input.parse({holdings: {...held, keys: []}});
    expect(await holdingsAlive.observe(ofRole, ctx)).toMatchObject({
      surface: 'unobservable',
      until: held.at + 7_200_000,
    });
  });

  it('a key whose Status is Expired is not active, and not gone', async () => {
    const {id, ctx} = await furnish('expired');
    const before = await holdings.take(holdings.input.parse({user: 'expired'}), ctx);
    // moto knows of no key that expires.
    interceptCalls('iam', async ({method}, go) => {
      const answer = await go();
      if (method !== 'listAccessKeys') return answer;
      return {AccessKeyMetadata: [{...Object(answer).AccessKeyMetadata[0], Status: 'Expired'}]};
    });
    const input = {user: 'expired', 'access-key-id': id};
    const state = {key: {id, status: 'Active'}};

    expect(await deactivateAccessKey.inspect?.(input, state, ctx)).toBe('applied');
    expect(await deleteAccessKey.inspect?.(input, state, ctx)).toBe('not-applied');
    expect((await holdings.take(holdings.input.parse({user: 'expired'}), ctx)).keys).toEqual([]);
    expect(await holdingsAlive.observe(holdingsAlive.input.parse({holdings: before}), ctx)).toMatchObject({
      state: 'denied',
      surface: 'disarmed',
    });
  });
});
