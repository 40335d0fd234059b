import * as z from 'zod';
import type {Action} from '../../contract/operation.ts';
import {exposedFields} from '../../contract/secret.ts';

const input = z.strictObject({
  instruction: z
    .string()
    .trim()
    .min(1)
    .max(2000)
    .register(exposedFields, {why: 'it is shown on the terminal and stands in the record.'})
    .meta({description: 'What a person is to do, as it is shown to them'}),
});

export const confirm: Action<z.infer<typeof input>> = {
  description: 'Asks a person to do what can not be scripted yet, and waits until they say that it is done.',
  input,
  effect: 'runs',
  asksPerson: true,
  targets: () => [],
  execute: ({instruction}, _state, ctx) => ctx.confirm(instruction),
};
