import {describe, expect, it} from 'vitest';
import * as z from 'zod';
import {exposedFields} from '../../../src/contract/secret.ts';
import {command} from '../../../src/drivers/command/index.ts';

describe('drivers/command/process-fields', () => {
  it.each([
    ['action', command.actions.run],
    ['probe', command.probes.run],
  ])('says that the words of a command are no place for a secret: %s', (_kind, operation) => {
    const {input} = operation ?? {};

    expect(input instanceof z.ZodObject && exposedFields.has(input.shape.argv)).toBe(true);
  });
});
