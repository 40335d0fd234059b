import * as z from 'zod';
import type {Probe} from '../../contract/operation.ts';
import type {AwsClient} from './client.ts';
import {credentialsField} from './credentials.ts';
import {keyNeed, observeAs} from './observe-as.ts';
import type {AwsSession} from './session.ts';

/** Each changes nothing, and is refused to who may not. */
const calls = {
  'secretsmanager:ListSecrets': (client: AwsClient, signal: AbortSignal) =>
    client.secrets('ListSecrets', (api, options) => api.listSecrets({MaxResults: 1}, options), signal),
  'iam:GetUser': (client: AwsClient, signal: AbortSignal) =>
    client.iam('GetUser', (api, options) => api.getUser({}, options), signal),
  'iam:GetAccountSummary': (client: AwsClient, signal: AbortSignal) =>
    client.iam('GetAccountSummary', (api, options) => api.getAccountSummary({}, options), signal),
} as const;
type CallName = keyof typeof calls;
const names = Object.keys(calls) as [CallName, ...CallName[]];

/** AWS answers GetCallerIdentity even where everything is forbidden. */
const provesNothing =
  'Expected a call that needs a right, got `sts:GetCallerIdentity`: AWS answers it even under a policy that denies everything, so that a session which is cut off still gets an answer. Ask for something that the integration may do.';

const input = z.strictObject({
  credentials: credentialsField,
  action: z
    .string()
    .refine((action) => !/^sts:GetCallerIdentity$/i.test(action), {message: provesNothing, abort: true})
    .pipe(z.enum(names, {error: `Expected one of ${names.map((name) => `\`${name}\``).join(', ')}.`}))
    .meta({description: 'A call that changes nothing, and that the integration may make'}),
});

export const call: Probe<z.infer<typeof input>, AwsSession> = {
  description: 'Whether a credential may still make a harmless call that needs a right.',
  input,
  needs: () => [keyNeed],
  carriesCredential: () => true,
  provesItself: true,
  observe: ({credentials, action}, ctx) => observeAs(credentials, ctx, (client) => calls[action](client, ctx.signal)),
};
