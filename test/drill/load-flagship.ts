import {readFileSync} from 'node:fs';
import type {Diagnostic} from '../../src/contract/diagnostic.ts';
import {type LoadedDrill, type LoadOptions, loadDrill} from '../../src/drill/load-drill.ts';
import type {Result} from '../../src/util/result.ts';
import {sampleCatalog} from '../fixtures/drivers/sample-driver.ts';

export const flagship = readFileSync(new URL('../fixtures/drills/flagship.yaml', import.meta.url), 'utf8');

export type Loaded = Result<LoadedDrill, readonly Diagnostic[]>;

export function loadText(text: string | Uint8Array, options: Omit<LoadOptions, 'catalog'> = {}): Promise<Loaded> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return loadDrill({file: 'drill.yaml', bytes}, {catalog: sampleCatalog, ...options});
}

/** One change of the flagship: a text that stands in it, and what stands there instead. `«` marks the place of the mistake. */
export type Edit = readonly [from: string, to: string];

/** The flagship with mistakes in it, and the place that `«` marks. */
export function edit(...edits: readonly Edit[]): {text: string; line: number; column: number} {
  let marked = flagship;
  for (const [from, to] of edits) {
    if (!marked.includes(from)) throw new Error(`The flagship does not hold ${from}`);
    marked = marked.replace(from, () => to);
  }
  const before = marked.slice(0, Math.max(0, marked.indexOf('«')));
  const line = before.split('\n').length;
  return {text: marked.replace('«', ''), line, column: before.length - before.lastIndexOf('\n')};
}

export function problemsOf(loaded: Loaded): readonly Diagnostic[] {
  return loaded.ok ? [] : loaded.error;
}

export function drillOf(loaded: Loaded): LoadedDrill {
  if (loaded.ok) return loaded.value;
  throw new Error(loaded.error.map(({line, message}) => `${line}: ${message}`).join('\n'));
}
