import * as z from 'zod';
import {identifierField} from '../../contract/fields.ts';
import type {Capture} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {readBody} from './answers.ts';
import {pathOf} from './client.ts';
import {refusedBy} from './failure.ts';
import {databaseMount} from './fields.ts';
import {databaseScope} from './scope.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  token: secretString('token').meta({description: 'The integration’s token: it reads what the integration reads'}),
  role: identifierField.meta({description: 'The static role of the database engine'}),
  mount: databaseMount,
});

const output = z.object({
  username: z.string(),
  password: secretString('password of the database user'),
  rotatedAt: z.string().meta({description: 'When Vault last changed it, ISO 8601'}),
});

const credsAnswer = z.object({
  data: z.object({username: z.string(), password: z.string().min(1), last_vault_rotation: z.string()}),
});

/** What the integration itself logs in with: the password is the same for all who read it, until it is rotated. */
export const staticCredential: Capture<z.infer<typeof input>, z.infer<typeof output>, VaultSession> = {
  description: 'Reads the database user of a static role, as the integration does.',
  kind: 'taken',
  input,
  output,
  scope: databaseScope,
  take: async ({token, role, mount}, ctx) => {
    const request = {method: 'GET', path: pathOf(mount, 'static-creds', role), signal: ctx.signal} as const;
    const answer = await ctx.call('static-creds', () => ctx.connection.askAs(token, request));
    if (answer.status !== 200) throw refusedBy(request, answer, ctx.connection.address);
    const {username, password, last_vault_rotation: rotatedAt} = readBody(credsAnswer, answer, 'a static user').data;
    ctx.redactor.add(password, 'password of the database user');
    return {username, password, rotatedAt};
  },
  count: () => 1,
};
