import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {attachPolicy, detachPolicy} from '../../../src/drivers/aws/detach-policy.ts';
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
  const take = (role: string) =>
    roleSession.take(roleSession.input.parse({'role-arn': `arn:aws:iam::${accountId}:role/${role}`, credentials}), ctx);
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

  it('writes the revocation as AWS’s console does, and reads it back by its time', async () => {
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

  it('takes the revocation away only once the longest session is over: before, the old ones would live again', async () => {
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
