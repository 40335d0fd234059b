import * as z from 'zod';
import type {Action} from '../../contract/operation.ts';
import {runProcess} from './client.ts';
import {failureOf} from './failure.ts';
import {processFields, processRequest} from './process-fields.ts';
import {runByHand} from './run-by-hand.ts';

const inputSchema = z.strictObject(processFields);

export type RunInput = z.infer<typeof inputSchema>;

export const run: Action<RunInput> = {
  description: 'Runs a program with these words, in an environment of PATH and the declared variables alone.',
  input: inputSchema,
  effect: 'runs',
  targets: ({argv}) => [{kind: 'command', address: argv}],
  async execute(input, _state, ctx) {
    const request = processRequest(input, ctx.base);
    await ctx.call('run', async () => {
      const failure = failureOf(request, await runProcess(request, ctx.signal));
      if (failure !== undefined) throw failure;
    });
  },
  byHand: (input, {base}) => runByHand(input, base),
};
