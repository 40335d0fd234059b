import * as z from 'zod';
import type {Probe} from '../../contract/operation.ts';
import {askingFields, jsonField, needsNoTls, tlsOverPlainHttp} from './asking.ts';
import {carriesCredential} from './carries-credential.ts';
import {ambiguousStatus, expectationFields, isUnambiguous} from './expectations.ts';
import {jsonRequest} from './json-request.ts';
import {observe} from './observe.ts';
import {targetsOf} from './targets.ts';

const inputSchema = z
  .strictObject({
    ...askingFields,
    method: z
      .enum(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'])
      .meta({description: 'How it is asked, again and again: choose what changes nothing'}),
    body: jsonField.optional().meta({description: 'Sent as JSON; may hold secrets'}),
    ...expectationFields,
  })
  .refine(({method, body}) => body === undefined || !isReading(method), 'Expected no `body` with GET and HEAD.')
  .refine(({method, follow}) => !follow || isReading(method), 'Expected `follow` with GET and HEAD alone.')
  .refine(isUnambiguous, ambiguousStatus)
  .refine(needsNoTls, tlsOverPlainHttp);

export type RequestProbeInput = z.infer<typeof inputSchema>;

export const requestProbe: Probe<RequestProbeInput> = {
  description: 'Sends one request, and keeps nothing of the answer.',
  input: inputSchema,
  targets: targetsOf,
  provesItself: true,
  carriesCredential,
  observe: (input, ctx) => observe(input, jsonRequest(input), ctx),
};

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
