import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {aws} from '../../../src/drivers/aws/index.ts';
import {type LinesRun, runLines} from '../../fixtures/drivers/run-lines.ts';

const accountId = '123456789012';
const asksAccount = 'sts get-caller-identity --query Account --output text';

/** What each is given, as far as the lines need it. */
const inputs: Readonly<Record<string, object>> = {
  'allow-secret': {secret: 'a', principal: `arn:aws:iam::${accountId}:user/billing`},
  'attach-policy': {user: 'billing', 'policy-arn': `arn:aws:iam::${accountId}:policy/billing`},
  'end-role-revocation': {role: 'billing'},
  'issue-access-key': {user: 'billing', 'deliver-to': 'credentials'},
  'replicate-secret': {secret: 'a', regions: ['eu-west-1']},
  'restore-secret': {secret: 'a', generate: 32},
};

/** The lines as a person runs them, with a program that notes what it is asked in the place of `aws`. */
describe('drivers/aws by hand', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-by-hand-'));
    const program = path.join(folder, 'aws');
    const notes = `printf '%s\\n' "$AWS_REGION $AWS_ENDPOINT_URL $*" >> '${path.join(folder, 'asked')}'`;
    await writeFile(
      program,
      `#!/bin/sh\n${notes}\n[ "$*" != '${asksAccount}' ] || { echo "$LOGGED_IN"; [ -n "$LOGGED_IN" ]; }\n`,
    );
    await chmod(program, 0o755);
    await writeFile(path.join(folder, 'asked'), '');
  });
  afterEach(() => rm(folder, {recursive: true, force: true}));

  const follow = (name: string, loggedIn: string, place: object = {}): Promise<LinesRun> => {
    const connection = {region: 'eu-central-1', endpoint: 'http://127.0.0.1:5000'};
    const at = {connection, base: folder, expected: [accountId], ...place};
    const lines = aws.actions[name]?.byHand?.(inputs[name], at) ?? [];
    return runLines(lines, {folder, env: {LOGGED_IN: loggedIn, AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL: 'http://x'}});
  };
  const asked = async (): Promise<readonly string[]> =>
    (await readFile(path.join(folder, 'asked'), 'utf8')).split('\n').slice(0, -1);

  const names = Object.entries(aws.actions).flatMap(([name, {byHand}]) => (byHand === undefined ? [] : [name]));

  it.each(names)('does nothing of %s in another account', async (name) => {
    const {exitCode, stdout, stderr} = await follow(name, '210987654321');

    expect(exitCode).toBe(1);
    expect(stderr).toBe(`Expected a login of account ${accountId}. Nothing was done.\n`);
    expect(stdout).not.toContain('Done');
    expect(await asked()).toEqual([`eu-central-1 http://127.0.0.1:5000 ${asksAccount}`]);
  });

  it.each(names)('does %s in the account, at the place of the connection and at no other', async (name) => {
    const {exitCode, stderr} = await follow(name, accountId);

    expect(exitCode, stderr).toBe(0);
    const [first, ...others] = await asked();
    expect(first).toContain(asksAccount);
    expect(others).not.toEqual([]);
    for (const one of others)
      expect(one).toMatch(/^eu-central-1 http:\/\/127\.0\.0\.1:5000 (?:iam|secretsmanager|sts) /);
  });

  it('does nothing where nobody is logged in', async () => {
    const {exitCode} = await follow('attach-policy', '');

    expect(exitCode).toBe(1);
    expect(await asked()).toHaveLength(1);
  });

  it('takes any account that the guard has for the place, and asks for none where it has none', async () => {
    const both = await follow('attach-policy', accountId, {expected: ['210987654321', accountId]});
    const none = await follow('attach-policy', '', {expected: []});

    expect([both.exitCode, none.exitCode]).toEqual([0, 0]);
    expect((await asked()).filter((one) => one.includes(asksAccount))).toHaveLength(1);
  });
});
