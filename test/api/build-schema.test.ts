import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import * as z from 'zod';
import {buildSchema} from '../../src/api/build-schema.ts';
import {sampleDrivers} from '../fixtures/drivers/sample-driver.ts';

const text = JSON.stringify(buildSchema(sampleDrivers));
const schema = z.looseObject({definitions: z.record(z.string(), z.unknown())}).parse(JSON.parse(text));

/** What zod itself makes of the schema: a second reader, beside the one that wrote it. */
function accepts(part: unknown, value: unknown): boolean {
  return z.fromJSONSchema(z.record(z.string(), z.json()).parse(part)).safeParse(value).success;
}

describe('api/build-schema', () => {
  it('is draft-07 and holds only what JSON can', () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    expect(buildSchema(sampleDrivers)).toEqual(JSON.parse(text));
    expect(text.match(/"\$schema"/g)).toHaveLength(1);
  });

  it('leads every reference to a definition', () => {
    const wanted = [...text.matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name ?? '');

    expect(new Set(wanted)).toEqual(new Set(Object.keys(schema.definitions)));
  });

  it('holds the inputs of every operation', () => {
    const names = sampleDrivers.flatMap((driver) => [
      ...Object.keys(driver.actions).map((name) => `action.${driver.name}.${name}`),
      ...Object.keys(driver.probes).map((name) => `probe.${driver.name}.${name}`),
      ...Object.keys(driver.captures).map((name) => `capture.${driver.name}.${name}`),
      ...Object.keys(driver.audits).map((name) => `audit.${driver.name}.${name}`),
    ]);

    expect(Object.keys(schema.definitions).sort()).toEqual(names.sort());
  });

  it('ties the inputs to the operation that is named', () => {
    const step = z
      .object({properties: z.object({shutdown: z.object({items: z.looseObject({allOf: z.array(z.unknown())})})})})
      .parse(schema).properties.shutdown.items;

    expect(step.additionalProperties).toBe(false);
    expect(step.allOf).toContainEqual({
      if: {properties: {uses: {const: 'vault/revoke-leases'}}, required: ['uses']},
      // biome-ignore lint/suspicious/noThenProperty: the word of JSON schema
      then: {properties: {with: {$ref: '#/definitions/action.vault.revoke-leases'}}, required: ['on', 'with']},
    });
  });

  it('accepts a reference in place of a value', () => {
    const query = schema.definitions['probe.http.get'];

    expect(accepts(query, {url: 'http://localhost/', status: [200]})).toBe(true);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference looks like it
    expect(accepts(query, {url: '${{ vars.x }}/orders', status: '${{ vars.status }}'})).toBe(true);
    expect(accepts(query, {url: 'http://localhost/', status: 'ok'})).toBe(false);
    expect(accepts(query, {url: 'http://localhost/', stats: [200]})).toBe(false);
  });

  it('refuses a bare number for a duration', () => {
    const leases = schema.definitions['action.vault.revoke-leases'];

    expect(accepts(leases, {prefix: 'x', grace: '5s'})).toBe(true);
    expect(accepts(leases, {prefix: 'x', grace: 5})).toBe(false);
    expect(accepts(leases, {prefix: 'x', grace: 'soon'})).toBe(false);
  });

  it('accepts the inputs of the flagship', () => {
    const drill = parse(readFileSync(new URL('../fixtures/drills/flagship.yaml', import.meta.url), 'utf8'));
    const calls = z.looseObject({uses: z.string(), with: z.unknown()});
    const access = Object.values(z.object({access: z.record(z.string(), calls)}).parse(drill).access);
    const steps = z.object({shutdown: z.array(calls)}).parse(drill).shutdown;

    const name = (kind: string, uses: string): string => `${kind}.${uses.replace('/', '.')}`;
    const refused = [
      ...access.filter((call) => !accepts(schema.definitions[name('probe', call.uses)], call.with)),
      ...steps.filter((call) => !accepts(schema.definitions[name('action', call.uses)], call.with)),
    ];

    expect(refused).toEqual([]);
  });
});
