import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {parseEnv} from 'node:util';
import {IAM} from '@aws-sdk/client-iam';
import {SecretsManager} from '@aws-sdk/client-secrets-manager';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {AwsLab} from '../../lab/aws-lab.ts';
import {type DrillLab, type DrillRun, startAwsDrillLab} from '../helpers/drill-lab.ts';
import {collectAwsSecrets, formsOf, type LabSecrets} from '../helpers/lab-secrets.ts';
import {projectFolder} from '../helpers/run-cli.ts';

describe('drills/billing-mcp-aws.yaml', () => {
  let drillLab: DrillLab<AwsLab>;
  let run: DrillRun;
  let secretsBefore: LabSecrets;
  let before: {readonly credentials: string; readonly apiKey: string};

  beforeAll(async () => {
    drillLab = await startAwsDrillLab();
    before = await readHeld();
    secretsBefore = await collectAwsSecrets(drillLab.lab);
    run = await drillLab.run('billing-mcp-aws.yaml');
  });
  afterAll(() => drillLab?.down());

  const fileOf = (...names: readonly string[]): string => path.join(drillLab.lab.data, ...names);
  const readHeld = async () => ({
    credentials: await readFile(fileOf('billing-mcp', 'credentials'), 'utf8'),
    apiKey: await readFile(fileOf('billing-api', 'next-key'), 'utf8'),
  });
  const askBilling = async (key: string): Promise<number> =>
    (await fetch(`${drillLab.lab.addresses['billing-api']}/invoices`, {headers: {authorization: `Bearer ${key}`}}))
      .status;
  const settingsOf = (text: string) => {
    const entryOf = (name: string): string => new RegExp(`${name} = (\\S+)`).exec(text)?.[1] ?? '';
    return {
      region: 'eu-central-1',
      endpoint: drillLab.lab.addresses.aws,
      credentials: {accessKeyId: entryOf('aws_access_key_id'), secretAccessKey: entryOf('aws_secret_access_key')},
      maxAttempts: 1,
    };
  };
  const readSecret = async (text: string, VersionStage: string): Promise<string> => {
    const secrets = new SecretsManager(settingsOf(text));
    return (await secrets.getSecretValue({SecretId: 'billing/api-key', VersionStage})).SecretString ?? '';
  };

  it('is inconclusive on an emulator, for what it does not enforce or record alone', () => {
    expect(run.exitCode, run.stderr).toBe(3);
    expect(run.result).toMatchObject({
      status: 'completed',
      verdict: 'inconclusive',
      exitCode: 3,
      target: 'emulator',
      left: [],
    });
    expect(run.result?.criteria, run.stderr).toEqual({
      baseline: {state: 'met', reasons: []},
      shutdown: {state: 'met', reasons: []},
      'access-removed': {
        state: 'unproven',
        reasons: [
          expect.stringMatching(
            /^`holdings` is unobservable: nobody can list or revoke what may be left of it, and it may live until /,
          ),
          'Step `deactivate-key` is unproven: `aws/deactivate-access-key` was done on an emulator, which does not hold an inactive key against whoever uses it.',
        ],
      },
      'dependents-unharmed': {state: 'met', reasons: []},
      'no-manual-recovery': {
        state: 'unproven',
        reasons: ['The audit record of `aws` is not complete: an emulator keeps no CloudTrail.'],
      },
      restored: {state: 'met', reasons: []},
      evidence: {state: 'met', reasons: []},
    });
  });

  it('makes each change, reads it back, and takes it back', () => {
    expect(run.result?.steps.map(({id, status, rollback}) => [id, status, rollback])).toEqual([
      ['stop-server', 'succeeded', 'succeeded'],
      ['detach-policy', 'succeeded', 'succeeded'],
      ['deactivate-key', 'succeeded', 'not-needed'],
      ['delete-key', 'succeeded', 'succeeded'],
      ['delete-secret', 'succeeded', 'succeeded'],
      ['revoke-api-key', 'succeeded', 'succeeded'],
    ]);
  });

  it('finds every access refused and the old credentials dead after rollback, and does not know of sessions', () => {
    const access = Object.entries(run.result?.access ?? {});

    expect(access.map(([name, {surface, afterRollback}]) => [name, surface, afterRollback])).toEqual([
      ['tool', 'dead', 'allowed'],
      ['key', 'dead', 'denied'],
      ['secret', 'dead', 'denied'],
      ['secret-versions', 'dead', 'denied'],
      ['holdings', 'unobservable', 'denied'],
      ['api-key', 'dead', 'denied'],
    ]);
    for (const [name, {deniedAfterMs, limitMs}] of access) {
      expect(deniedAfterMs?.[1], name).toBeLessThanOrEqual(limitMs);
    }
  });

  it('sees the service beside it through without an outage', () => {
    expect(run.result?.dependents).toMatchObject({reporting: {availability: 1, longestOutageMs: 0, restarts: 0}});
  });

  it('shows no secret that ever existed in the lab, in any form', async () => {
    const secrets = new Map([...secretsBefore, ...(await collectAwsSecrets(drillLab.lab))]);
    const folder = run.folder ?? '';
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(path.join(folder, name), 'utf8')));
    const shown = [...secrets].flatMap(([secret, field]) =>
      formsOf(secret).some((form) => [...texts, run.stdout, run.stderr].some((text) => text.includes(form)))
        ? [field]
        : [],
    );

    const fields = [...secrets.values()];
    expect(secrets.has(before.apiKey)).toBe(true);
    // Of the operator, the run's role, the service beside it, and the integration before and after.
    expect(fields.filter((field) => field === 'secret_access_key')).toHaveLength(5);
    expect(fields.filter((field) => field === 'session_token')).toHaveLength(1);
    expect(texts.length).toBeGreaterThanOrEqual(5);
    expect(shown).toEqual([]);
  });

  it('leaves staging whole on a new access key and a new API key', async () => {
    const held = await readHeld();

    await expect(drillLab.lab.check()).resolves.toEqual([]);
    expect(held.credentials).not.toBe(before.credentials);
    expect(await readSecret(held.credentials, 'AWSCURRENT')).toBe(held.apiKey);
    expect(await askBilling(held.apiKey)).toBe(200);
    expect((await stat(fileOf('billing-mcp', 'credentials'))).mode & 0o777).toBe(0o600);
    expect((await stat(fileOf('billing-api', 'next-key'))).mode & 0o777).toBe(0o600);
  });

  it('leaves the old access key and every old API key refused', async () => {
    const {credentials} = await readHeld();

    expect(await askBilling(before.apiKey)).toBe(401);
    await expect(readSecret(before.credentials, 'AWSCURRENT')).rejects.toThrow();
    await expect(readSecret(credentials, 'AWSPREVIOUS')).rejects.toMatchObject({name: 'ResourceNotFoundException'});
  });

  it('ends the same a second time on what it restored, with the rights that `plan --policy aws` names and no others', async () => {
    const drill = path.join(projectFolder, 'drills', 'billing-mcp-aws.yaml');
    const {stdout, exitCode} = await drillLab.offdrill(`plan '${drill}' --policy aws`);
    expect(exitCode).toBe(0);
    const {Statement} = JSON.parse(stdout);
    expect(Statement).toContainEqual({
      Effect: 'Allow',
      Action: [
        'iam:AttachUserPolicy',
        'iam:CreateAccessKey',
        'iam:DeleteAccessKey',
        'iam:DetachUserPolicy',
        'iam:GetAccessKeyLastUsed',
        'iam:ListAccessKeys',
        'iam:ListAttachedUserPolicies',
        'iam:UpdateAccessKey',
      ],
      Resource: 'arn:aws:iam::*:user/billing-mcp',
    });
    const {OFFDRILL_AWS_CREDENTIALS: operator = ''} = parseEnv(await readFile(fileOf('offdrill.env'), 'utf8'));
    const iam = new IAM(settingsOf(operator));
    // moto tells actions apart, and takes a right on one resource for none.
    const anywhere = Statement.map((statement: object) => ({...statement, Resource: '*'}));
    const PolicyDocument = JSON.stringify({Version: '2012-10-17', Statement: anywhere});
    await iam.putRolePolicy({RoleName: 'offdrill', PolicyName: 'rights', PolicyDocument});

    const again = await drillLab.run('billing-mcp-aws.yaml');

    expect(again.exitCode, again.stderr).toBe(3);
    const untimed = (criteria: unknown): unknown =>
      JSON.parse(JSON.stringify(criteria).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then'));
    expect(untimed(again.result?.criteria), again.stderr).toEqual(untimed(run.result?.criteria));
  });
});
