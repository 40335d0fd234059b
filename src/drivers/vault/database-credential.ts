import * as z from 'zod';
import {identifierField} from '../../contract/fields.ts';
import type {Capture} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {readBody} from './answers.ts';
import {pathOf} from './client.ts';
import {refusedBy} from './failure.ts';
import {databaseMount} from './fields.ts';
import {revokeLease} from './leases.ts';
import {databaseScope} from './scope.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  token: secretString('token').meta({description: 'The integration’s token: what it mints dies with it'}),
  role: identifierField.meta({description: 'The role of the database engine'}),
  mount: databaseMount,
});

const output = z.object({
  username: z.string(),
  password: secretString('password of the database user'),
  lease: z.string(),
});

const credsAnswer = z.object({lease_id: z.string(), data: z.object({username: z.string(), password: z.string()})});

export const databaseCredential: Capture<z.infer<typeof input>, z.infer<typeof output>, VaultSession> = {
  description: 'Takes a dynamic database user by the integration’s own right.',
  kind: 'minted',
  input,
  output,
  needs: ({role, mount}) => [
    {path: `${pathOf('sys/leases/revoke', mount, 'creds', role)}/*`, capabilities: ['update']},
    {path: 'sys/leases/lookup', capabilities: ['update']},
  ],
  scope: databaseScope,
  take: async ({token, role, mount}, ctx) => {
    const request = {method: 'GET', path: pathOf(mount, 'creds', role), signal: ctx.signal} as const;
    const answer = await ctx.call('creds', () => ctx.connection.askAs(token, request));
    if (answer.status !== 200) throw refusedBy(request, answer, ctx.connection.address);
    const {lease_id: lease, data} = readBody(credsAnswer, answer, 'a database user');
    ctx.redactor.add(data.password, 'password of the database user');
    ctx.own('lease', lease);
    return {...data, lease};
  },
  count: () => 1,
  release: async ({lease}, ctx) => {
    await ctx.call('revoke-lease', () => revokeLease(lease, ctx));
  },
};
