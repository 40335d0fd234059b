import {DriverError} from '../../contract/driver-error.ts';
import type {SecretSink} from '../../contract/operation.ts';
import type {AwsCredentials} from './credentials.ts';

/** As CloudTrail writes it: at most 64 characters. */
export function sessionName(run: string): string {
  return `offdrill-${run}`.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

/** What an AssumeRole answered. */
export function readSession(
  given:
    | {AccessKeyId?: string | undefined; SecretAccessKey?: string | undefined; SessionToken?: string | undefined}
    | undefined,
  redactor: SecretSink,
): AwsCredentials {
  const {AccessKeyId, SecretAccessKey, SessionToken} = given ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
    throw new DriverError(
      'Expected AWS to answer AssumeRole with credentials, got none. Is the endpoint the right one?',
      {
        code: 'protocol',
        detail: 'no-credentials',
      },
    );
  }
  redactor.add(SecretAccessKey, 'AWS secret access key');
  redactor.add(SessionToken, 'AWS session token');
  return {accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken};
}
