import * as z from 'zod';
import type {Connection} from '../../contract/driver.ts';
import {durationField} from '../../contract/fields.ts';
import {secretString} from '../../contract/secret.ts';
import {isLoopback} from '../../util/is-loopback.ts';
import {readTls} from '../read-tls.ts';
import {renderDatabase, serverAddressField} from './address.ts';
import type {TlsMode} from './client.ts';
import {PostgresSession} from './session.ts';

const fields = z.strictObject({
  address: serverAddressField,
  database: z.string().min(1).meta({description: 'The database to work in'}),
  user: z.string().min(1).meta({description: 'The user that the drill works as'}),
  password: secretString('password of the database user').meta({description: 'Its password'}),
  timeout: durationField.prefault('5s').meta({description: 'Bounds each login and each question'}),
  tls: z.enum(['disable', 'require', 'verify-full']).optional().meta({
    description: '`require` encrypts and checks nothing; `verify-full` is the default, but for loopback addresses',
  }),
  ca: z
    .string()
    .min(1)
    .optional()
    .meta({description: 'A file of PEM certificates: with `tls: verify-full`, the only CA that is trusted'}),
});

const input = fields.refine((given) => given.ca === undefined || modeOf(given) === 'verify-full', {
  message: 'Expected `tls: verify-full` beside `ca`: no other mode looks at it.',
  path: ['ca'],
});

export const connection: Connection<z.infer<typeof input>, PostgresSession> = {
  description: 'A PostgreSQL database, reached directly and not through a pooler.',
  input,
  targets: ({address, database}) => [{kind: 'postgres', address: renderDatabase(address, database)}],
  open: async (given, ctx) => {
    const {address, database, user, password, timeout} = given;
    const {ca} = await readTls(given.ca === undefined ? {} : {ca: given.ca}, ctx.base);
    return new PostgresSession({
      ...address,
      database,
      user,
      password,
      tls: modeOf(given),
      ...(ca === undefined ? {} : {ca}),
      timeoutMs: timeout,
      applicationName: `offdrill-${ctx.run}`,
    });
  },
};

function modeOf({address, tls}: Pick<z.infer<typeof fields>, 'address' | 'tls'>): TlsMode {
  return tls ?? (isLoopback(address.host) ? 'disable' : 'verify-full');
}
