import * as z from 'zod';
import {durationField} from '../../contract/fields.ts';
import type {Action} from '../../contract/operation.ts';
import {ExchangeError, exchange} from '../http-exchange.ts';
import {readTls} from '../read-tls.ts';
import {askingFields, jsonField, needsNoTls, tlsOverPlainHttp} from './asking.ts';
import {refused, unanswered} from './failure.ts';
import {jsonRequest} from './json-request.ts';
import {requestByHand} from './request-by-hand.ts';
import {targetsOf} from './targets.ts';

const inputSchema = z
  .strictObject({
    ...askingFields,
    method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']),
    body: jsonField.optional().meta({description: 'Sent as JSON; may hold secrets'}),
    status: z
      .array(z.int().min(200).max(499))
      .min(1)
      .default([200, 201, 202, 204])
      .meta({description: 'The statuses that mean that it is done; every other is an error'}),
    idempotent: z
      .boolean()
      .default(false)
      .meta({description: 'Whether a POST or PATCH that got no answer may be sent again at once'}),
    timeout: durationField.prefault('30s').meta({description: 'From the call to the last byte'}),
  })
  .refine(needsNoTls, tlsOverPlainHttp);

export type RequestActionInput = z.infer<typeof inputSchema>;

/** Nothing of the answer is wanted; reading its beginning lets the other side end in peace. */
const maxBodyBytes = 1 << 16;

export const requestAction: Action<RequestActionInput> = {
  description: 'Sends one request to an endpoint that changes something, such as an admin API.',
  input: inputSchema,
  effect: 'runs',
  targets: targetsOf,
  async execute(input, _state, ctx) {
    const {signal} = ctx;
    const tls = await readTls(input.tls ?? {}, ctx.base);
    const request = {
      ...jsonRequest(input),
      url: new URL(input.url),
      timeoutMs: input.timeout,
      maxBodyBytes,
      signal,
      tls,
    };
    const asked = {
      method: input.method,
      url: request.url,
      mayRepeat: input.idempotent || input.method === 'PUT' || input.method === 'DELETE',
    };
    await ctx.call('request', async () => {
      try {
        const {status} = await exchange(request);
        if (!input.status.includes(status)) throw refused(asked, status, input.status);
      } catch (error) {
        throw error instanceof ExchangeError ? unanswered(asked, error) : error;
      }
    });
  },
  byHand: (input, {base}) => requestByHand(input, base),
};
