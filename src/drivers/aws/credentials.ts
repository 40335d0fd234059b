import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {SecretSink} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';

/** Said to each client: none is looked for in an environment, a file or a machine's metadata. */
export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

export const credentialsField = secretString('AWS credentials').meta({
  description: 'The text of a credentials file with one profile, as `aws/issue-access-key` delivers it',
});

/**
 * Reads what the AWS programs keep in `~/.aws/credentials`, of one profile. The parts are known to the redactor from here on,
 * and not the text alone.
 */
export function parseCredentials(text: string, redactor: SecretSink): AwsCredentials {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const profiles = lines.filter((line) => /^\[.*\]$/.test(line));
  const values = new Map(
    lines.flatMap((line) => {
      const found = /^([a-z_]+)\s*=\s*(.+)$/.exec(line);
      return found === null ? [] : [[found[1] ?? '', found[2] ?? ''] as const];
    }),
  );
  const accessKeyId = values.get('aws_access_key_id');
  const secretAccessKey = values.get('aws_secret_access_key');
  const sessionToken = values.get('aws_session_token');
  if (secretAccessKey !== undefined) redactor.add(secretAccessKey, 'AWS secret access key');
  if (sessionToken !== undefined) redactor.add(sessionToken, 'AWS session token');
  if (accessKeyId === undefined || secretAccessKey === undefined || profiles.length > 1)
    throw noCredentials(profiles.length);
  return {accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : {sessionToken})};
}

export function renderCredentials({accessKeyId, secretAccessKey, sessionToken}: AwsCredentials): string {
  const token = sessionToken === undefined ? [] : [`aws_session_token = ${sessionToken}`];
  return [
    '[default]',
    `aws_access_key_id = ${accessKeyId}`,
    `aws_secret_access_key = ${secretAccessKey}`,
    ...token,
    '',
  ].join('\n');
}

/** Of a user's own key; a session's begins with ASIA. */
export const accessKeyIdField = z
  .string()
  .regex(/^A[A-Z0-9]{15,127}$/, 'Expected the id of an access key, such as `AKIA…`.')
  .meta({description: 'The id of the access key'});

function noCredentials(profiles: number): DriverError {
  const found = profiles > 1 ? `${profiles} profiles` : 'none';
  return new DriverError(
    `Expected the text of a credentials file with one profile, \`aws_access_key_id\` and \`aws_secret_access_key\`, found ${found}. Is the file the one that the integration reads?`,
    {code: 'rejected', detail: 'no-credentials'},
  );
}
