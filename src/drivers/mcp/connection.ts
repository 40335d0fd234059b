import * as z from 'zod';
import type {Connection} from '../../contract/driver.ts';
import {durationField} from '../../contract/fields.ts';
import {readTls, tlsField} from '../read-tls.ts';
import {McpSession} from './session.ts';

/** An endpoint's URL in the form that targets have. A user or password in it would end up in files. */
export const endpointField = z
  .string()
  .refine((text) => readEndpoint(text) !== undefined, 'Expected an http or https URL without user and password.')
  .transform((text) => readEndpoint(text)?.href ?? text)
  .meta({description: 'The URL of the MCP endpoint'});

const input = z
  .strictObject({
    url: endpointField,
    timeout: durationField.prefault('5s').meta({description: 'Bounds each request'}),
    tls: tlsField.optional(),
  })
  .refine(({url, tls}) => tls === undefined || !url.startsWith('http:'), 'Expected an https URL beside `tls`.');

export const connection: Connection<z.infer<typeof input>, McpSession> = {
  description: 'An MCP server over streamable HTTP, asked without a client library.',
  input,
  targets: ({url}) => [{kind: 'mcp', address: url}],
  open: async ({url, timeout, tls}, {base}) =>
    new McpSession({
      url: new URL(url),
      timeoutMs: timeout,
      ...(tls === undefined ? {} : {tls: await readTls(tls, base)}),
    }),
};

function readEndpoint(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.hash = '';
  const isPlain = url.username === '' && url.password === '';
  return isPlain && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined;
}
