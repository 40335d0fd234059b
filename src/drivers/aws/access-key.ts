import * as z from 'zod';
import type {Capture} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {callerOf} from './caller.ts';
import {credentialsField, parseCredentials, renderCredentials} from './credentials.ts';
import type {AwsSession} from './session.ts';
import {takeAs} from './take-as.ts';

const input = z.strictObject({credentials: credentialsField});

const output = z.object({
  credentials: secretString('AWS credentials'),
  accessKeyId: z.string(),
  account: z.string(),
  arn: z.string(),
});

export const accessKey: Capture<z.infer<typeof input>, z.infer<typeof output>, AwsSession> = {
  description: 'Keeps the access key that the integration reads, alive, with whose it is.',
  kind: 'taken',
  input,
  output,
  scope: () => [],
  take: async ({credentials}, ctx) => {
    const parsed = parseCredentials(credentials, ctx.redactor);
    const {account, arn} = await takeAs(credentials, ctx, (client) =>
      ctx.call('whose', () => callerOf(client, ctx.signal)),
    );
    const text = renderCredentials(parsed);
    ctx.redactor.add(text, 'AWS credentials');
    return {credentials: text, accessKeyId: parsed.accessKeyId, account, arn};
  },
  count: () => 1,
};
