import path from 'node:path';
import * as z from 'zod';
import {durationField} from '../../contract/fields.ts';
import type {Action} from '../../contract/operation.ts';
import {runProcess} from './client.ts';
import {failureOf} from './failure.ts';

const inputSchema = z.strictObject({
  argv: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()).optional(),
  cwd: z
    .string()
    .refine(isBelow, 'Expected a folder below the one that the drill starts from, without `..` in it.')
    .default('.'),
  timeout: durationField.default(30_000),
});

export type RunInput = z.infer<typeof inputSchema>;

export const run: Action<RunInput> = {
  description: 'Runs a program with these words, in an environment of PATH and the declared variables alone.',
  input: inputSchema,
  effect: 'runs',
  targets(input) {
    return [{kind: 'command', address: input.argv}];
  },
  async execute(input, _state, ctx) {
    const {argv, env = {}, cwd, timeout} = input;
    const started = {argv, env, folder: path.resolve(ctx.base, cwd), timeoutMs: timeout};
    await ctx.call('run', async () => {
      const failure = failureOf(started, await runProcess(started, ctx.signal));
      if (failure !== undefined) throw failure;
    });
  },
};

function isBelow(folder: string): boolean {
  return !path.isAbsolute(folder) && !folder.split(/[\\/]/).includes('..');
}
