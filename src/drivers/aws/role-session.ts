import * as z from 'zod';
import type {Capture} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {credentialsField, renderCredentials} from './credentials.ts';
import {roleArnField} from './fields.ts';
import {readSession, sessionName} from './read-session.ts';
import {scopeOfRole} from './scope.ts';
import type {AwsSession} from './session.ts';
import {takeAs} from './take-as.ts';

const input = z.strictObject({
  'role-arn': roleArnField,
  credentials: credentialsField.meta({description: 'The integration’s own, by whose right the role is taken'}),
  'external-id': z.string().min(2).optional().meta({description: 'Where the role’s trust asks for one'}),
});

const output = z.object({
  credentials: secretString('AWS credentials'),
  accessKeyId: z.string(),
  arn: z.string(),
  /** Milliseconds since the epoch. */
  expiresAt: z.number(),
});

/** The shortest that STS gives. */
const durationSeconds = 900;

/** A sibling of the integration's sessions: it proves what becomes of one that was begun before shutdown. */
export const roleSession: Capture<z.infer<typeof input>, z.infer<typeof output>, AwsSession> = {
  description: 'Takes a role as the integration does, and keeps the session.',
  kind: 'minted',
  input,
  output,
  scope: (given) => scopeOfRole({role: given['role-arn'].split('/').at(-1) ?? ''}),
  take: async ({'role-arn': role, credentials, 'external-id': externalId}, ctx) => {
    ctx.connection.requireOwnAccount(role);
    const request = {
      RoleArn: role,
      RoleSessionName: sessionName(ctx.run),
      DurationSeconds: durationSeconds,
      ...(externalId === undefined ? {} : {ExternalId: externalId}),
    };
    const answer = await takeAs(credentials, ctx, (client) =>
      ctx.call('assume-role', () =>
        client.sts('AssumeRole', (api, options) => api.assumeRole(request, options), ctx.signal),
      ),
    );
    const session = readSession(answer.Credentials, ctx.redactor);
    const text = renderCredentials(session);
    ctx.redactor.add(text, 'AWS credentials');
    ctx.own('session', session.accessKeyId);
    return {
      credentials: text,
      accessKeyId: session.accessKeyId,
      arn: answer.AssumedRoleUser?.Arn ?? role,
      expiresAt: answer.Credentials?.Expiration?.getTime() ?? ctx.clock.now() + durationSeconds * 1000,
    };
  },
  count: () => 1,
  // Nobody can give a session back.
  release: async ({arn, expiresAt}, {clock, draining}) => {
    if (expiresAt > clock.now()) draining(`the session ${arn} that the run began`, Math.round(expiresAt));
  },
};
