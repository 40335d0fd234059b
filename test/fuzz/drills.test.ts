import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parse, stringify} from 'yaml';
import {planBytes} from '../../src/api/read-drill.ts';
import {projectFolder} from '../helpers/run-cli.ts';
import {grow} from './grow.ts';
import {recordHeld, seed, tries} from './runs.ts';

const folder = path.join(projectFolder, 'drills');
const drills = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
const vars = {
  vault: 'http://127.0.0.1:1',
  postgres: '127.0.0.1:2',
  checkout: 'http://127.0.0.1:3',
  assistant: 'http://127.0.0.1:4',
  'orders-mcp': 'http://127.0.0.1:5/mcp',
};

const awkward = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  0.5,
  Number.POSITIVE_INFINITY,
  '',
  '~',
  '5s',
  '5',
  [],
  {},
  [null],
  {a: {b: {c: []}}},
  ...['vars.vault', 'capture.token.token', 'secrets.nothing'].map((path) => `\${{ ${path} }}`),
  '${{',
  '\u0000\u001b[31m',
  'x'.repeat(5000),
  '__proto__',
  'vault/revoke-leases',
);

/** The drill with one thing in it changed: a key dropped, renamed or doubled, a value of another kind, items in another order. */
function damage(value: unknown, path: readonly number[], into: unknown, how: number): unknown {
  const [head, ...rest] = path;
  if (head === undefined || typeof value !== 'object' || value === null) return into;
  if (Array.isArray(value)) {
    const at = head % Math.max(1, value.length);
    if (rest.length > 0) return value.map((item, index) => (index === at ? damage(item, rest, into, how) : item));
    if (how === 0) return value.toSpliced(at, 1);
    if (how === 1) return [...value, value[at]];
    return how === 2 ? value.toReversed() : value.toSpliced(at, 1, into);
  }
  const entries = Object.entries(value);
  const at = head % Math.max(1, entries.length);
  if (rest.length > 0) {
    return Object.fromEntries(
      entries.map(([key, item], index) => [key, index === at ? damage(item, rest, into, how) : item]),
    );
  }
  if (how === 0) return Object.fromEntries(entries.toSpliced(at, 1));
  if (how === 1) return Object.fromEntries(entries.map(([key, item], index) => [index === at ? `${key}x` : key, item]));
  if (how === 2) return Object.fromEntries([...entries, [String(into), entries[at]?.[1]]]);
  return Object.fromEntries(entries.map(([key, item], index) => [key, index === at ? into : item]));
}

const schema = JSON.parse(readFileSync(path.join(projectFolder, 'drill.schema.json'), 'utf8'));

const edits = fc.array(fc.tuple(fc.array(fc.nat(30), {minLength: 1, maxLength: 5}), awkward, fc.nat(3)), {
  minLength: 1,
  maxLength: 4,
});
const cuts = fc.array(
  fc.tuple(
    fc.nat(),
    fc.nat(40),
    fc.constantFrom('', '\n', '  ', '- ', '&a ', '*a', '!!x ', '<<: ', ': ', '"', '{', '\t', '${{ ', '\u0000', '😀'),
  ),
  {
    minLength: 1,
    maxLength: 4,
  },
);

describe(`drill files, damaged (seed ${seed})`, {timeout: 14_400_000}, () => {
  it('give a plan or diagnostics, grown from the schema and damaged', async () => {
    const settings = tries(150);

    await fc.assert(
      fc.asyncProperty(grow(schema), fc.option(edits, {nil: []}), async (drill, changes) => {
        let value: unknown = drill;
        for (const [where, into, how] of changes) value = damage(value, where, into, how);
        await expectPlanOrDiagnostics(stringify(value, {aliasDuplicateObjects: false}));
      }),
      settings,
    );
    recordHeld('a drill grown from the schema, then damaged', settings);
  });

  it('give a plan or diagnostics, by what is in them', async () => {
    const settings = tries(150);

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...drills), edits, async (drill, changes) => {
        let value: unknown = parse(drill);
        for (const [where, into, how] of changes) value = damage(value, where, into, how);
        await expectPlanOrDiagnostics(stringify(value, {aliasDuplicateObjects: false}));
      }),
      settings,
    );
    recordHeld('a drill with keys and values changed', settings);
  });

  it('give a plan or diagnostics, by how they are written', async () => {
    const settings = tries(150);

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...drills), cuts, async (drill, changes) => {
        let text = drill;
        for (const [at, length, piece] of changes) {
          const from = at % (text.length + 1);
          text = text.slice(0, from) + piece + text.slice(from + length);
        }
        await expectPlanOrDiagnostics(text);
      }),
      settings,
    );
    recordHeld('a drill with pieces of its text changed', settings);
  });
});

async function expectPlanOrDiagnostics(text: string): Promise<void> {
  const planned = await planBytes(new TextEncoder().encode(text), {file: 'drill.yaml', vars, env: {}, base: '/'});

  if (planned.ok) {
    expect(planned.value.plan.record.steps.length).toBeGreaterThan(0);
    return;
  }
  const {diagnostics} = planned.error;
  const lines = text.split('\n').length;
  expect(diagnostics.length).toBeGreaterThan(0);
  for (const {line, column, message, severity} of diagnostics) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines + 1);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message.length).toBeGreaterThan(10);
    expect(['error', 'warning']).toContain(severity);
  }
  expect(planned.error.render({color: false})).toContain('drill.yaml');
}
