import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Capture} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {credentialsField} from './credentials.ts';
import {secretField} from './fields.ts';
import {scopeOfSecret, secretNeed} from './scope.ts';
import {requireLiveSecret} from './secrets.ts';
import type {AwsSession} from './session.ts';
import {takeAs} from './take-as.ts';

const input = z.strictObject({
  secret: secretField,
  credentials: credentialsField.meta({description: 'The integration’s own: what it reads is read as it reads it'}),
  field: z.string().min(1).optional().meta({description: 'Of a value that is JSON, the field that is captured'}),
});

const output = z.object({
  value: secretString('value of a secret'),
  versionId: z.string(),
  versionIds: z.array(z.string()).meta({description: 'All that have a label, the current one too'}),
});

export const secretValue: Capture<z.infer<typeof input>, z.infer<typeof output>, AwsSession> = {
  description: 'Reads the value of a secret as the integration does, and which of its versions have a label.',
  kind: 'taken',
  input,
  output,
  needs: (of) => [secretNeed(of, 'DescribeSecret')],
  scope: scopeOfSecret,
  take: async ({secret, credentials, field}, ctx) => {
    const {SecretString = '', VersionId = ''} = await takeAs(credentials, ctx, (client) =>
      ctx.call('get-value', () =>
        client.secrets('GetSecretValue', (api, options) => api.getSecretValue({SecretId: secret}, options), ctx.signal),
      ),
    );
    if (SecretString === '') throw isBinary(secret);
    ctx.redactor.add(SecretString, 'value of a secret');
    const value = field === undefined ? SecretString : readField(SecretString, field, secret);
    ctx.redactor.add(value, 'value of a secret');
    const {versions} = await requireLiveSecret(secret, ctx);
    const versionIds = Object.entries(versions).flatMap(([id, labels]) => (labels.length > 0 ? [id] : []));
    return {value, versionId: VersionId, versionIds};
  },
  count: () => 1,
};

function isBinary(secret: string): DriverError {
  return new DriverError(`Expected the value of \`${secret}\` to be text, and it is binary, or empty. Leave it out.`, {
    code: 'rejected',
    detail: 'no-text',
  });
}

function readField(text: string, field: string, secret: string): string {
  try {
    const value: unknown = Object(JSON.parse(text))[field];
    if (typeof value === 'string' && value !== '') return value;
  } catch {
    // What is no JSON has no fields; the parser's message would quote it.
  }
  throw new DriverError(
    `Expected the value of \`${secret}\` to be JSON with text in its field \`${field}\`, found none. Correct the field, or leave it out.`,
    {code: 'not-found', detail: 'no-such-field'},
  );
}
