import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Probe} from '../../contract/operation.ts';
import {type Exchange, ExchangeError, exchange} from '../http-exchange.ts';
import {addressOf, webAddress} from './address.ts';
import {carriesCredential} from './carries-credential.ts';
import {instanceField, readInstance} from './instance.ts';

const inputSchema = z.strictObject({
  url: webAddress,
  headers: z.record(z.string(), z.string()).optional(),
  status: z.array(z.int().min(100).max(599)).min(1).default([200]),
  instance: instanceField.optional(),
});

export type GetInput = z.infer<typeof inputSchema>;

const maxBodyBytes = 1 << 20;
/** The probe's own limit, which its clock sets, ends it sooner. */
const timeoutMs = 60_000;

export const get: Probe<GetInput> = {
  description: 'Asks a URL once, follows no redirect, and keeps nothing of the answer but its status.',
  input: inputSchema,
  targets(input) {
    const {url} = input;
    return [{kind: 'http', address: addressOf(url)?.href ?? url}];
  },
  carriesCredential(input) {
    return carriesCredential(input);
  },
  async observe(input, {signal}) {
    const {url, headers = {}, status, instance} = input;
    try {
      const answer = await exchange({url: new URL(url), method: 'GET', headers, timeoutMs, maxBodyBytes, signal});
      const told = instance === undefined ? undefined : readInstance(instance, answer);
      return {...classify(answer, status), ...(told === undefined ? {} : {instance: told})};
    } catch (error) {
      if (error instanceof ExchangeError) return classifyFailure(error);
      throw error;
    }
  },
};

/** A 401 or 403 is its own control: something alive refused. A redirect, another 4xx and a 5xx say nothing about the right to ask. */
function classify({status}: Exchange, expected: readonly number[]): Observation {
  const code = String(status);
  if (expected.includes(status)) return {state: 'allowed', code};
  if (status === 401 || status === 403) return {state: 'denied', code, ownControl: true};
  return {state: 'indeterminate', code};
}

function classifyFailure({code}: ExchangeError): Observation {
  return {state: code === 'PROTOCOL' || code === 'ABORTED' ? 'indeterminate' : 'unreachable', code};
}
