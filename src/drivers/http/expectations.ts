import * as z from 'zod';
import {instanceField} from '../instance.ts';
import {jsonField} from './asking.ts';

const mebibyte = 1 << 20;

/** What an answer must be for a probe to say `allowed`, or `denied`. */
export const expectationFields = {
  status: z
    .array(z.int().min(100).max(599))
    .min(1)
    .default([200])
    .meta({description: 'The statuses that mean that it works'}),
  'denied-status': z
    .array(z.int().min(300).max(499))
    .default([])
    .meta({description: 'Statuses beside 401 and 403 by which this server refuses a credential, such as 404'}),
  json: jsonField.optional().meta({description: 'What the JSON of the answer must contain, lists item by item'}),
  'answer-headers': z
    .record(z.string(), z.string())
    .optional()
    .meta({description: 'Headers that the answer must have, with these values'}),
  'body-limit': z
    .int()
    .min(1)
    .max(16 * mebibyte)
    .default(mebibyte)
    .meta({description: 'How many bytes of the answer are read at most'}),
  follow: z.boolean().default(false).meta({description: 'Whether redirects are followed, within the same origin'}),
  instance: instanceField('json').optional(),
};

const expectations = z.object(expectationFields);
export type Expectations = z.infer<typeof expectations>;

/** A status can't mean both. */
export function isUnambiguous(input: Pick<Expectations, 'status' | 'denied-status'>): boolean {
  return !input.status.some((status) => input['denied-status'].includes(status));
}

export const ambiguousStatus = 'Expected no status in both `status` and `denied-status`.';
