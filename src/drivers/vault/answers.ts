import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {VaultAnswer} from './exchange.ts';

/** Reads an answer's body. A body of another form is told by its place, and never quoted. */
export function readBody<T>(schema: z.ZodType<T>, answer: VaultAnswer, what: string): T {
  const parsed = schema.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => issue.path.map(String).join('.')).join(', ');
  throw new DriverError(
    `Expected ${what} from Vault, got another answer (${places || 'no body'}). Is this Vault or OpenBao?`,
    {
      code: 'protocol',
      detail: String(answer.status),
    },
  );
}

export const keysAnswer = z.object({data: z.object({keys: z.array(z.string())})});

export const loginAnswer = z.object({
  auth: z.object({
    client_token: z.string().min(1),
    accessor: z.string().default(''),
    token_policies: z.array(z.string()).default([]),
    lease_duration: z.number(),
  }),
});

export const tokenAnswer = z.object({
  data: z.object({
    accessor: z.string(),
    path: z.string().default(''),
    policies: z.array(z.string()).nullable().default([]),
    meta: z.record(z.string(), z.string()).nullish(),
    entity_id: z.string().default(''),
    ttl: z.number().default(0),
    /** Null for one that never ends. */
    expire_time: z.string().nullish(),
  }),
});

export const healthAnswer = z.object({
  initialized: z.boolean(),
  sealed: z.boolean(),
  standby: z.boolean().default(false),
  server_time_utc: z.number().optional(),
  version: z.string().default(''),
  cluster_name: z.string().optional(),
});
