import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {callerOf} from '../../../src/drivers/aws/caller.ts';
import {attachPolicy, detachPolicy} from '../../../src/drivers/aws/detach-policy.ts';
import {deleteAccessKey} from '../../../src/drivers/aws/end-access-key.ts';
import {getSecret} from '../../../src/drivers/aws/get-secret.ts';
import {
  endRoleRevocation,
  revocationPolicy,
  revokeRoleSessions,
} from '../../../src/drivers/aws/revoke-role-sessions.ts';
import {roleSession} from '../../../src/drivers/aws/role-session.ts';
import type {AwsSession} from '../../../src/drivers/aws/session.ts';
import type {TestContext} from '../../helpers/context.ts';
import {type Account, accountId, startAccount} from './account.ts';

const allow = (...actions: readonly string[]) =>
  JSON.stringify({Version: '2012-10-17', Statement: [{Effect: 'Allow', Action: actions, Resource: '*'}]});

describe('drivers/aws/roles', () => {
  let account: Account;
  let credentials: string;
  let ctx: TestContext<AwsSession>;
  beforeAll(async () => {
    account = await startAccount();
    ({credentials} = await account.createUser('billing', ['sts:AssumeRole']));
    await account.secrets.createSecret({Name: 'billing/key', SecretString: 'value-of-a-secret'});
  });
  afterAll(() => account?.down());
  beforeEach(async () => {
    ctx = await account.open();
  });

  /** A role that the integration takes, and what it may do by a policy of its own. */
  const createRole = async (name: string, settings: object = {}) => {
    const principal = {AWS: `arn:aws:iam::${accountId}:user/billing`};
    const trust = {
      Version: '2012-10-17',
      Statement: [{Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal}],
    };
    await account.iam.createRole({RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust), ...settings});
    const policy = await account.iam.createPolicy({
      PolicyName: name,
      PolicyDocument: allow('secretsmanager:GetSecretValue'),
    });
    const arn = policy.Policy?.Arn ?? '';
    await account.iam.attachRolePolicy({RoleName: name, PolicyArn: arn});
    return arn;
  };
  const take = (role: string, by = credentials) => {
    const input = {'role-arn': `arn:aws:iam::${accountId}:role/${role}`, credentials: by};
    return roleSession.take(roleSession.input.parse(input), ctx);
  };
  const read = (held: string) =>
    getSecret.observe(getSecret.input.parse({secret: 'billing/key', credentials: held}), ctx);

  it('takes a role as the integration does, in a session named after the run', async () => {
    await createRole('taken');

    const session = await take('taken');

    expect(session.arn).toBe(`arn:aws:sts::${accountId}:assumed-role/taken/offdrill-run-of-test`);
    expect(await read(session.credentials)).toMatchObject({state: 'allowed'});
    expect([...ctx.owned]).toContain(`session ${session.accessKeyId}`);
    expect([...ctx.known.values()]).toContain('AWS session token');
  });

  it('can not give a session back, and says until when it lives', async () => {
    await createRole('kept');
    const session = await take('kept');

    await roleSession.release?.(session, ctx);

    expect(ctx.drained).toEqual([
      {what: expect.stringContaining('/kept/offdrill-'), until: Math.round(session.expiresAt)},
    ]);
  });

  it('disarms a session by taking the policy away, and gives it back', async () => {
    const policy = await createRole('detached');
    const session = await take('detached');
    const input = detachPolicy.input.parse({role: 'detached', 'policy-arn': policy});
    await detachPolicy.prepare?.(input, ctx);
    expect(await detachPolicy.inspect?.(input, undefined, ctx)).toBe('not-applied');

    await detachPolicy.execute(input, undefined, ctx);
    await detachPolicy.execute(input, undefined, ctx);

    expect(await detachPolicy.inspect?.(input, undefined, ctx)).toBe('applied');
    expect(await read(session.credentials)).toMatchObject({state: 'denied', code: 'AccessDenied', surface: 'disarmed'});
    const back = attachPolicy.input.parse(detachPolicy.rollback?.with(input, undefined));
    await attachPolicy.execute(back, undefined, ctx);
    await attachPolicy.execute(back, undefined, ctx);
    expect(await attachPolicy.inspect?.(back, undefined, ctx)).toBe('applied');
    expect(await read(session.credentials)).toMatchObject({state: 'allowed'});
  });

  it('takes a policy from a user too, and begins nothing for one that has it not', async () => {
    const arn =
      (await account.iam.createPolicy({PolicyName: 'of-user', PolicyDocument: allow('iam:GetUser')})).Policy?.Arn ?? '';
    const input = detachPolicy.input.parse({user: 'billing', 'policy-arn': arn});
    await expect(detachPolicy.prepare?.(input, ctx)).rejects.toMatchObject({detail: 'not-attached'});

    await attachPolicy.execute(input, undefined, ctx);
    await detachPolicy.prepare?.(input, ctx);
    await detachPolicy.execute(input, undefined, ctx);

    expect(await attachPolicy.inspect?.(input, undefined, ctx)).toBe('not-applied');
  });

  it('AWSRevokeOlderSessions is written as the console does, and read back by its time', async () => {
    await createRole('revoked', {MaxSessionDuration: 7200});
    const input = revokeRoleSessions.input.parse({role: 'revoked'});
    const state = await revokeRoleSessions.prepare?.(input, ctx);
    expect(state).toEqual({before: null});
    if (state === undefined) throw new Error('nothing prepared');
    expect(await revokeRoleSessions.inspect?.(input, state, ctx)).toBe('not-applied');

    await revokeRoleSessions.execute(input, state, ctx);

    expect(await revokeRoleSessions.inspect?.(input, state, ctx)).toBe('applied');
    const {PolicyDocument = ''} = await account.iam.getRolePolicy({RoleName: 'revoked', PolicyName: revocationPolicy});
    const [statement] = JSON.parse(decodeURIComponent(PolicyDocument)).Statement;
    expect(statement).toMatchObject({Effect: 'Deny', Action: ['*'], Resource: ['*']});
    const since = Date.parse(statement.Condition.DateLessThan['aws:TokenIssueTime']);
    expect(Math.abs(since - Date.now())).toBeLessThan(60_000);
  });

  it('does not take a revocation of earlier for its own', async () => {
    await createRole('revoked-before');
    const input = revokeRoleSessions.input.parse({role: 'revoked-before'});
    await revokeRoleSessions.execute(input, {before: null}, ctx);

    const state = await revokeRoleSessions.prepare?.(input, ctx);

    expect(state?.before).toEqual(expect.stringMatching(/Z$/));
    expect(await revokeRoleSessions.inspect?.(input, state ?? {before: null}, ctx)).toBe('not-applied');
  });

  it('denies at moto a session that is begun later too: its condition is not looked at', async () => {
    await createRole('unlooked');
    await revokeRoleSessions.execute(revokeRoleSessions.input.parse({role: 'unlooked'}), {before: null}, ctx);

    const later = await take('unlooked');

    expect(await read(later.credentials)).toMatchObject({state: 'denied', surface: 'disarmed'});
    expect(revokeRoleSessions.unenforced?.({role: 'unlooked'})).toContain('aws:TokenIssueTime');
  });

  it('AWSRevokeOlderSessions goes only after the longest session, or old sessions come back to life', async () => {
    await createRole('ended');
    const input = revokeRoleSessions.input.parse({role: 'ended'});
    await revokeRoleSessions.execute(input, {before: null}, ctx);

    await expect(endRoleRevocation.execute(input, undefined, ctx)).rejects.toMatchObject({detail: 'sessions-may-live'});
    expect(await endRoleRevocation.inspect?.(input, undefined, ctx)).toBe('not-applied');
    const halfADay = 12 * 3_600_000;
    const later = {...ctx, clock: {...ctx.clock, now: () => Date.now() + halfADay + 60_000}};
    await endRoleRevocation.execute(input, undefined, later);
    await endRoleRevocation.execute(input, undefined, later);

    expect(await endRoleRevocation.inspect?.(input, undefined, ctx)).toBe('applied');
  });

  describe('AWSRevokeOlderSessions', () => {
    const revoke = (role: string) => revokeRoleSessions.execute({role}, {before: null}, ctx);
    const conditionOf = async (role: string) => {
      const request = {RoleName: role, PolicyName: revocationPolicy};
      const {PolicyDocument = ''} = await account.iam.getRolePolicy(request);
      return JSON.parse(decodeURIComponent(PolicyDocument)).Statement[0].Condition;
    };
    const trust = async (role: string, ...principals: readonly string[]) =>
      account.iam.updateAssumeRolePolicy({
        RoleName: role,
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{Effect: 'Allow', Action: 'sts:AssumeRole', Principal: {AWS: principals}}],
        }),
      });
    const userArn = (user: string) => `arn:aws:iam::${accountId}:user/${user}`;

    it('denies all sessions of the role, and not only the integration’s', async () => {
      await createRole('shared');
      await trust('shared', userArn('billing'), userArn('neighbour'));
      const neighbour = (await account.createUser('neighbour', ['sts:AssumeRole'])).credentials;
      const sessions = [await take('shared'), await take('shared', neighbour)];

      await revoke('shared');

      for (const {credentials: held} of sessions)
        expect(await read(held)).toMatchObject({state: 'denied', code: 'AccessDenied', surface: 'disarmed'});
      expect(revokeRoleSessions.description).toContain('all sessions of a role that were begun until now');
    });

    it('leaves a session alone that is taken later: the trust must be cut too', async () => {
      await createRole('trusting');
      await revoke('trusting');

      const later = await take('trusting');

      // moto denies that session all the same: it looks at no condition.
      const {DateLessThan} = await conditionOf('trusting');
      expect(Date.parse(DateLessThan['aws:TokenIssueTime'])).toBeLessThan(later.expiresAt - 900_000 + 1000);
      expect(revokeRoleSessions.description).toContain('whoever may still take the role begins another');
      await trust('trusting', userArn('nobody'));
      await expect(take('trusting')).rejects.toMatchObject({code: 'forbidden', detail: 'AccessDenied'});
    });

    it('leaves a session alone that is taken later: the source key must be cut too', async () => {
      await createRole('sourced');
      const {credentials: source, id} = await account.createUser('source', ['sts:AssumeRole']);
      await trust('sourced', userArn('source'));
      await revoke('sourced');
      await take('sourced', source);

      await deleteAccessKey.execute({user: 'source', 'access-key-id': id}, {key: {id, status: 'Active'}}, ctx);

      await expect(take('sourced', source)).rejects.toMatchObject({detail: 'InvalidClientTokenId'});
    });

    it('never matches long-term keys, which have no TokenIssueTime', async () => {
      await createRole('not-of-keys');
      const {credentials: key} = await account.createUser('long-term', ['secretsmanager:GetSecretValue']);

      await revoke('not-of-keys');

      // With `IfExists` it would be true of what has none.
      expect(await conditionOf('not-of-keys')).toEqual({DateLessThan: {'aws:TokenIssueTime': expect.any(String)}});
      expect(await read(key)).toMatchObject({state: 'allowed'});
    });

    it('leaves sessions of role chaining alive, until their own role is revoked too', async () => {
      await createRole('first');
      await createRole('second');
      await account.iam.putRolePolicy({
        RoleName: 'first',
        PolicyName: 'chain',
        PolicyDocument: allow('sts:AssumeRole'),
      });
      const first = await take('first');
      await trust('second', first.arn);
      const second = await take('second', first.credentials);

      await revoke('first');

      expect(await read(first.credentials)).toMatchObject({state: 'denied'});
      expect(await read(second.credentials)).toMatchObject({state: 'allowed'});
      await revoke('second');
      expect(await read(second.credentials)).toMatchObject({state: 'denied'});
    });

    it('does not keep GetCallerIdentity from succeeding, even under its explicit Deny', async () => {
      await createRole('told');
      const {credentials: held, arn} = await take('told');
      const client = await ctx.connection.as(held, ctx.signal);

      await revoke('told');

      expect(await read(held)).toMatchObject({state: 'denied', code: 'AccessDenied'});
      expect(await callerOf(client, ctx.signal)).toMatchObject({arn});
    });
  });

  it('does not begin on a service-linked role, whose policies are AWS’s', async () => {
    await account.iam.createRole({
      RoleName: 'linked',
      Path: '/aws-service-role/x/',
      AssumeRolePolicyDocument: allow('sts:AssumeRole'),
    });

    await expect(
      revokeRoleSessions.prepare?.(revokeRoleSessions.input.parse({role: 'linked'}), ctx),
    ).rejects.toMatchObject({
      detail: 'service-linked-role',
    });
  });
});
