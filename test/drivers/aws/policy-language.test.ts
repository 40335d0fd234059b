import {describe, expect, it} from 'vitest';
import {deleteSecret} from '../../../src/drivers/aws/delete-secret.ts';
import {describeSecret, getSecret} from '../../../src/drivers/aws/get-secret.ts';
import {holdingsAlive} from '../../../src/drivers/aws/holdings.ts';
import {policyLanguage} from '../../../src/drivers/aws/policy-language.ts';
import {functionNeed, secretNeed, userNeed} from '../../../src/drivers/aws/scope.ts';
import {reference} from '../../run/fake-drill.ts';

describe('drivers/aws/policy-language', () => {
  const statementsOf = (needs: Parameters<typeof policyLanguage.complete>[0], region: unknown, role?: string) => {
    const input = {region, ...(role === undefined ? {} : {role})};
    return JSON.parse(policyLanguage.render(policyLanguage.complete(needs, input), input)).Statement;
  };
  const neededBy = ['step x'];

  it('names each resource once, as AWS writes it in that partition', () => {
    const secret = {secret: 'billing/api-key'};
    const needs = [
      {...secretNeed(secret, 'DescribeSecret', 'DeleteSecret'), neededBy},
      {...secretNeed(secret, 'RestoreSecret', 'DescribeSecret'), neededBy},
      {...userNeed({user: 'billing'}, 'ListAccessKeys'), neededBy},
      {...functionNeed('rotate-billing'), neededBy},
      {path: '*', capabilities: ['cloudtrail:LookupEvents'], neededBy},
    ];

    expect(statementsOf(needs, 'cn-north-1')).toEqual([
      {Effect: 'Allow', Action: ['cloudtrail:LookupEvents'], Resource: '*'},
      {
        Effect: 'Allow',
        Action: ['iam:SimulatePrincipalPolicy'],
        Resource: `arn:aws-cn:iam::*:user/\${aws:username}`,
      },
      {Effect: 'Allow', Action: ['iam:ListAccessKeys'], Resource: 'arn:aws-cn:iam::*:user/billing'},
      {
        Effect: 'Allow',
        Action: ['lambda:InvokeFunction'],
        Resource: 'arn:aws-cn:lambda:cn-north-1:*:function:rotate-billing',
      },
      {
        Effect: 'Allow',
        Action: ['secretsmanager:DeleteSecret', 'secretsmanager:DescribeSecret', 'secretsmanager:RestoreSecret'],
        Resource: 'arn:aws-cn:secretsmanager:cn-north-1:*:secret:billing/api-key-??????',
      },
    ]);
  });

  it('takes anything for what only the run will know', () => {
    const needs = [
      {...userNeed({user: reference('vars.user')}, 'ListAccessKeys'), neededBy},
      {...secretNeed({secret: 'a'}, 'DescribeSecret'), neededBy},
    ];

    expect(
      statementsOf(needs, reference('vars.region'))
        .map(({Resource}: {Resource: string}) => Resource)
        .toSorted(),
    ).toEqual([
      `arn:aws:iam::*:user/\${aws:username}`,
      'arn:aws:iam::*:user/*',
      'arn:aws:secretsmanager:*:*:secret:a-??????',
    ]);
  });

  it('asks for what a rollback needs that is known only in the run', () => {
    const needs = (irreversible?: string) =>
      deleteSecret.needs?.(deleteSecret.input.parse({secret: 'a', generate: 32, ...(irreversible && {irreversible})}));

    expect(needs('it is a copy of staging')).toMatchObject([
      {capabilities: expect.arrayContaining(['secretsmanager:CreateSecret', 'secretsmanager:TagResource'])},
    ]);
    expect(needs()?.[0]?.capabilities).not.toContain('secretsmanager:CreateSecret');
  });

  it('asks of what was captured what the capture asks, where it knows of whom', () => {
    const held = {keys: [], at: 0, user: 'orders', secrets: [{secret: 'a', versions: {}, replicas: []}]};
    const needs = (given: unknown) => holdingsAlive.needs?.({holdings: given} as never);

    expect(needs(held)).toEqual([
      userNeed({user: 'orders'}, 'ListAccessKeys'),
      secretNeed({secret: 'a'}, 'DescribeSecret', 'ListSecretVersionIds'),
    ]);
    expect(needs(reference('capture.holdings'))).toEqual([]);
  });

  it('looks at no secret of the integration’s where only a control is found', () => {
    const asked = {secret: 'a', credentials: 'x'};
    const of = (control?: string) => describeSecret.needs?.({...asked, control}).map(({path}) => path);

    expect([of(), of('b')]).toEqual([['iam/user/*'], ['iam/user/*', 'secretsmanager/b']]);
    expect(getSecret.needs?.(getSecret.input.parse(asked)).map(({path}) => path)).toContain('secretsmanager/a');
  });

  it.each([
    ['arn:aws:iam::123456789012:role/drills', 'arn:aws:iam::*:role/drills'],
    ['arn:aws:iam::123456789012:role/team/drills', 'arn:aws:iam::*:role/team/drills'],
    [reference('vars.role'), 'arn:aws:iam::*:role/*'],
  ])('lets the role %s look at its own rights, which a run can do without', (role, Resource) => {
    expect(statementsOf([], 'eu-central-1', role)).toEqual([
      {Effect: 'Allow', Action: ['iam:SimulatePrincipalPolicy'], Resource},
    ]);
    expect(policyLanguage.complete([], {role})).toMatchObject([
      {without: 'a right that is missing shows only at the step that needs it'},
    ]);
  });
});
