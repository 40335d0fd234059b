import path from 'node:path';
import * as z from 'zod';
import {durationField} from '../../contract/fields.ts';
import {exposedFields} from '../../contract/secret.ts';
import type {ProcessRequest} from './client.ts';

/** What is started, and how. */
export const processFields = {
  argv: z.array(z.string()).min(1).register(exposedFields, {
    why: 'whoever is on this host can read the words of a command. Hand it over in `env`.',
  }),
  env: z.record(z.string(), z.string()).optional(),
  cwd: z
    .string()
    .refine(isBelow, 'Expected a folder below the one that the drill starts from, without `..` in it.')
    .default('.'),
  timeout: durationField.default(30_000),
};

const processSchema = z.object(processFields);

export function processRequest(
  {argv, env = {}, cwd, timeout}: z.infer<typeof processSchema>,
  base: string,
): ProcessRequest {
  return {argv, env, folder: path.resolve(base, cwd), timeoutMs: timeout};
}

function isBelow(folder: string): boolean {
  return !path.isAbsolute(folder) && !folder.split(/[\\/]/).includes('..');
}
