import * as z from 'zod';
import type {Probe} from '../../contract/operation.ts';
import {askingFields, needsNoTls, tlsOverPlainHttp} from './asking.ts';
import {carriesCredential} from './carries-credential.ts';
import {ambiguousStatus, expectationFields, isUnambiguous} from './expectations.ts';
import {observe} from './observe.ts';
import {targetsOf} from './targets.ts';

const inputSchema = z
  .strictObject({...askingFields, ...expectationFields})
  .refine(isUnambiguous, ambiguousStatus)
  .refine(needsNoTls, tlsOverPlainHttp);

export type GetInput = z.infer<typeof inputSchema>;

export const get: Probe<GetInput> = {
  description: 'Asks a URL once with GET, and keeps nothing of the answer.',
  input: inputSchema,
  targets: targetsOf,
  provesItself: true,
  carriesCredential,
  observe: (input, ctx) => observe(input, {method: 'GET', headers: input.headers ?? {}}, ctx),
};
