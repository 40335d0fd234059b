import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Capture} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {readBody} from './answers.ts';
import {refusedBy} from './failure.ts';
import {kvFields, kvNeed, kvPath, kvScope, numbersOf, readMetadata} from './kv.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  ...kvFields,
  field: z.string().min(1).meta({description: 'The field whose value is captured'}),
  token: secretString('token').optional().meta({
    description: 'The integration’s token: it reads what the integration reads; without it, the run’s own reads',
  }),
});

const output = z.object({
  version: z.int(),
  value: secretString('value of a KV secret'),
  versions: z.array(z.int()).meta({description: 'All that can be read, the older ones too'}),
});

const dataAnswer = z.object({
  data: z.object({data: z.record(z.string(), z.unknown()), metadata: z.object({version: z.int()})}),
});

export const kvSecret: Capture<z.infer<typeof input>, z.infer<typeof output>, VaultSession> = {
  description: 'Reads one field of a KV secret, and which of its versions can be read.',
  kind: 'taken',
  input,
  output,
  needs: (given) => [
    kvNeed(given, 'metadata', 'read'),
    ...(given.token === undefined ? [kvNeed(given, 'data', 'read')] : []),
  ],
  scope: kvScope,
  take: async (given, ctx) => {
    const {connection, signal} = ctx;
    const request = {method: 'GET', path: kvPath(given, 'data'), signal} as const;
    const ask = () => (given.token === undefined ? connection.ask(request) : connection.askAs(given.token, request));
    const answer = await ctx.call('read', ask);
    if (answer.status !== 200) throw refusedBy(request, answer, connection.address);
    const {data, metadata} = readBody(dataAnswer, answer, 'a secret').data;
    const value = data[given.field];
    if (typeof value !== 'string' || value === '') throw noSuchField(given.field, given.path);
    ctx.redactor.add(value, 'value of a KV secret');
    const {versions} = await ctx.call('metadata', () => readMetadata(given, ctx));
    return {version: metadata.version, value, versions: [...numbersOf(versions, 'readable')]};
  },
  count: ({versions}) => versions.length,
};

function noSuchField(field: string, path: string): DriverError {
  return new DriverError(
    `Expected the secret \`${path}\` to have text in its field \`${field}\`, found none. Correct the field.`,
    {code: 'not-found', detail: 'no-such-field'},
  );
}
