import {describe, expect, it} from 'vitest';
import * as z from 'zod';
import {knownInput} from '../../src/plan/known-input.ts';
import {reference} from '../run/fake-drill.ts';

const schema = z.strictObject({
  role: z.string(),
  mount: z.string().default('approle'),
  port: z.number().optional(),
  url: z
    .string()
    .transform((text) => new URL(text).href)
    .optional(),
});

describe('plan/known-input', () => {
  it('is the whole input where all is known', () => {
    expect(knownInput(schema, {role: 'orders', port: 1})).toEqual({role: 'orders', mount: 'approle', port: 1});
  });

  it('keeps the text of a reference that does not fit yet', () => {
    const port = reference('secrets.port');

    expect(knownInput(schema, {role: 'orders', port})).toEqual({role: 'orders', mount: 'approle', port});
  });

  it('reads the fields that are known beside one that is not', () => {
    const known = knownInput(schema, {role: 'orders', port: reference('secrets.port'), url: 'HTTP://Shop:80'});

    expect(known).toMatchObject({url: 'http://shop/', mount: 'approle'});
  });

  it('is the template where the schema is no record', () => {
    const template = {role: 'orders'};

    expect(knownInput(z.string(), template)).toBe(template);
  });
});
