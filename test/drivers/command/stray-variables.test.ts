import {describe, expect, it} from 'vitest';
import {strayVariables} from '../../../src/drivers/command/stray-variables.ts';

const stray = (argv: readonly string[], variables: Readonly<Record<string, string>>): readonly string[] =>
  strayVariables(variables, {targets: [{kind: 'command', address: argv}], connections: []}).map(({name}) => name);

describe('drivers/command/stray-variables', () => {
  it.each([
    [['aws', 'secretsmanager', 'delete-secret']],
    [['/usr/local/bin/aws', 'iam', 'list-users']],
    [['env', 'aws', 'sts']],
    [['env', 'A=b', 'aws', 'sts']],
    [['sh', '-c', 'cd x && aws iam list-users']],
    [['/bin/bash', '-c', 'id="$(B=c /usr/bin/aws sts get-caller-identity)"']],
  ])('finds what leads %j elsewhere', (argv) => {
    const variables = {
      ...{AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_ENDPOINT_URL_IAM: 'http://127.0.0.1:4566'},
      ...{AWS_PROFILE: 'production', AWS_REGION: 'eu-central-1', AWS_CONFIG_FILE: ''},
    };

    expect(stray(argv, variables)).toEqual(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_IAM', 'AWS_PROFILE']);
  });

  it.each([
    [['node', 'tools/aws.ts']],
    [['laws']],
    [['awslocal', 'x']],
    [['kubectl', '-n', 'aws', 'get', 'pods']],
    [['sh', '-c', 'cat /etc/aws /etc/more']],
  ])('leaves %j alone', (argv) => {
    expect(stray(argv, {AWS_ENDPOINT_URL: 'http://127.0.0.1:4566'})).toEqual([]);
  });

  it('tells no value', () => {
    const found = strayVariables(
      {AWS_ENDPOINT_URL: 'http://user:password@elsewhere'},
      {targets: [{kind: 'command', address: ['aws']}], connections: []},
    );

    expect(JSON.stringify(found)).not.toContain('password');
  });
});
