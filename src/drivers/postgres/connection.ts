import * as z from 'zod';
import type {Connection} from '../../contract/driver.ts';
import {durationField} from '../../contract/fields.ts';
import {secretString} from '../../contract/secret.ts';
import {isLoopback, renderDatabase, serverAddressField} from './address.ts';
import {PostgresSession} from './session.ts';

const input = z.strictObject({
  address: serverAddressField,
  database: z.string().min(1).meta({description: 'The database to work in'}),
  user: z.string().min(1).meta({description: 'The user that the drill works as'}),
  password: secretString('password of the database user').meta({description: 'Its password'}),
  timeout: durationField.prefault('5s').meta({description: 'Bounds each login and each question'}),
  tls: z
    .enum(['disable', 'require'])
    .optional()
    .meta({description: '`require` also checks the certificate; the default, but for loopback addresses'}),
});

export const connection: Connection<z.infer<typeof input>, PostgresSession> = {
  description: 'A PostgreSQL database, reached directly and not through a pooler.',
  input,
  targets: ({address, database}) => [{kind: 'postgres', address: renderDatabase(address, database)}],
  open: async ({address, timeout, tls, ...credential}, ctx) =>
    new PostgresSession({
      ...address,
      ...credential,
      tls: tls ?? (isLoopback(address.host) ? 'disable' : 'require'),
      timeoutMs: timeout,
      applicationName: `offdrill-${ctx.run}`,
    }),
};
