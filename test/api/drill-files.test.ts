import {readdirSync, readFileSync, realpathSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import * as z from 'zod';
import {buildDrillSchema} from '../../src/api/drill-schema.ts';
import {projectFolder} from '../helpers/run-cli.ts';

const drills = path.join(projectFolder, 'drills');
const files = readdirSync(drills).filter((name) => name.endsWith('.yaml'));

/** As `drill.schema.json` holds it; that the file is no older is checked where it is generated. */
const schema: unknown = JSON.parse(await buildDrillSchema());
const definitions = z.object({definitions: z.record(z.string(), z.unknown())}).parse(schema).definitions;

const call = z.looseObject({uses: z.string(), with: z.unknown().optional()});
const step = call.extend({
  check: call.optional(),
  rollback: call.extend({check: call.optional()}).optional().catch(undefined),
});
const drillCalls = z.object({
  capture: z.record(z.string(), call),
  access: z.record(z.string(), call),
  dependents: z.record(z.string(), call),
  shutdown: z.array(step),
  audit: z.record(z.string(), call.optional().catch(undefined)),
});

/** The schema that the modeline of a file leads an editor to, which starts from the folder of the file. */
function schemaFile(file: string): string {
  const [first = ''] = readFileSync(file, 'utf8').split('\n');
  const named = /^# yaml-language-server: \$schema=(\S+)$/.exec(first)?.[1];
  if (named === undefined) throw new Error(`${file} has no modeline in its first line`);
  return realpathSync(path.resolve(path.dirname(file), named));
}

/** What zod makes of it. Conditions are left out, which it can't read: they tie inputs to operations, which is held below. */
function readSchema(part: unknown): z.ZodType {
  const isCondition = (value: unknown): boolean => typeof value === 'object' && value !== null && 'if' in value;
  const text = JSON.stringify(part, (key, value: unknown) =>
    key === 'allOf' && Array.isArray(value) && value.every(isCondition) ? undefined : value,
  );
  return z.fromJSONSchema(z.record(z.string(), z.json()).parse(JSON.parse(text)));
}

/** Every call of a drill, with the name of the definition that holds its inputs. */
function callsOf(drill: unknown): readonly {readonly definition: string; readonly inputs: unknown}[] {
  const {capture, access, dependents, shutdown, audit} = drillCalls.parse(drill);
  const of = (kind: string, calls: readonly (z.infer<typeof call> | undefined)[]) =>
    calls.flatMap((each) =>
      each === undefined ? [] : [{definition: `${kind}.${each.uses.replace('/', '.')}`, inputs: each.with ?? {}}],
    );
  return [
    ...of('capture', Object.values(capture)),
    ...of('probe', [...Object.values(access), ...Object.values(dependents)]),
    ...of(
      'action',
      shutdown.flatMap(({rollback, ...own}) => [own, rollback]),
    ),
    ...of(
      'probe',
      shutdown.flatMap(({check, rollback}) => [check, rollback?.check]),
    ),
    ...of('audit', Object.values(audit)),
  ];
}

describe('api/drill-files', () => {
  it('finds the drills', () => {
    expect(files.length).toBeGreaterThan(1);
  });

  it.each(files)('leads an editor from %s to the schema', (name) => {
    expect(schemaFile(path.join(drills, name))).toBe(realpathSync(path.join(projectFolder, 'drill.schema.json')));
  });

  it.each(files)('accepts %s, and nothing beside it', (name) => {
    const shape = readSchema(schema);
    const drill: unknown = parse(readFileSync(path.join(drills, name), 'utf8'));

    expect(shape.safeParse(drill).error?.issues).toBeUndefined();
    expect(shape.safeParse({...z.looseObject({}).parse(drill), titel: 'x'}).success).toBe(false);
  });

  it.each(files)('accepts the inputs of every call in %s', (name) => {
    const calls = callsOf(parse(readFileSync(path.join(drills, name), 'utf8')));

    const refused = calls.filter(
      ({definition, inputs}) =>
        definitions[definition] === undefined || !readSchema(definitions[definition]).safeParse(inputs).success,
    );

    expect(calls.length).toBeGreaterThan(5);
    expect(refused).toEqual([]);
  });

  it('is in the package, where an installed project finds it', () => {
    const {files: packed} = z
      .object({files: z.array(z.string())})
      .parse(JSON.parse(readFileSync(path.join(projectFolder, 'package.json'), 'utf8')));

    expect(packed).toContain('drill.schema.json');
  });
});
