import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {flagship, type Loaded, loadText} from './load-flagship.ts';

function expectResult(loaded: Loaded, text: string): void {
  const lines = text.split('\n').length;
  if (loaded.ok) return;
  expect(loaded.error.length).toBeGreaterThan(0);
  for (const {line, column, length, message} of loaded.error) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines + 1);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(length).toBeGreaterThanOrEqual(1);
    expect(message).toMatch(/^[A-Z]/);
  }
}

const tokens = [
  '{',
  '}',
  '[',
  ']',
  ': ',
  ', ',
  '\n',
  '\n  ',
  '- ',
  '&a ',
  '*a',
  '!x ',
  '"',
  "'",
  '|\n',
  '${{',
  '}}',
  '~',
  '1',
  '.',
  '#',
  '\t',
  '? ',
  'null',
  '[]',
  '{}',
  'constructor',
  '__proto__',
  '\u0000',
  '\u2028',
  '😀',
];

describe('drill/load-drill: any text', () => {
  it('gives a result for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({maxLength: 200}), async (bytes) => {
        expectResult(await loadText(bytes), new TextDecoder().decode(bytes));
      }),
      {numRuns: 200},
    );
  });

  it('gives a result for any YAML-like text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(...tokens, 'access', 'with', 'uses'), fc.string()), {maxLength: 30}),
        async (parts) => {
          const text = parts.join('');
          expectResult(await loadText(text), text);
        },
      ),
      {numRuns: 300},
    );
  });

  it('gives a result for any mutated flagship', async () => {
    const change = fc.record({at: fc.nat(flagship.length), drop: fc.nat(12), put: fc.constantFrom('', ...tokens)});
    await fc.assert(
      fc.asyncProperty(fc.array(change, {minLength: 1, maxLength: 3}), async (changes) => {
        const text = changes.reduce((now, {at, drop, put}) => now.slice(0, at) + put + now.slice(at + drop), flagship);
        expectResult(await loadText(text), text);
      }),
      {numRuns: 150},
    );
  });

  it('gives a result for any value in place of another', async () => {
    const values = [...flagship.matchAll(/(?<=: )[^\s{}[\],]+/g)].map(
      ({index, 0: value}) => [index, value.length] as const,
    );
    const other = fc.oneof(
      fc.json({maxDepth: 2}),
      fc.constantFrom('null', '[]', '{}', '-1', '.inf', `"$\{{ vars.x }}"`),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...values), other, async ([at, length], put) => {
        const text = flagship.slice(0, at) + put + flagship.slice(at + length);
        expectResult(await loadText(text), text);
      }),
      {numRuns: 150},
    );
  });
});
