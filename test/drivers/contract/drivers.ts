import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {parse} from 'yaml';
import * as z from 'zod';
import {loadAllDrivers} from '../../../src/api/catalog.ts';
import type {Driver} from '../../../src/contract/driver.ts';

export const drivers: readonly Driver[] = await loadAllDrivers();

const kinds = ['actions', 'probes', 'captures', 'audits'] as const;

/** Every operation of every driver, under the name by which a failure is found. */
export const operations = drivers.flatMap((driver) =>
  kinds.flatMap((kind) =>
    Object.entries(driver[kind]).map(([name, operation]) => ({
      title: `${driver.name}/${name} (${kind})`,
      driver,
      kind,
      name,
      operation,
    })),
  ),
);

export function folderOf(driver: Driver): string {
  return path.resolve(import.meta.dirname, '../../../src/drivers', driver.name);
}

export function readReadme(driver: Driver): Promise<string> {
  return readFile(path.join(folderOf(driver), 'README.md'), 'utf8');
}

export type Example = {readonly uses: string; readonly with: Readonly<Record<string, unknown>>};

const exampleSchema = z.looseObject({uses: z.string(), with: z.record(z.string(), z.unknown()).default({})});

/** Every call of an operation that stands in the YAML of a README, however deep. */
export function examplesIn(readme: string): readonly Example[] {
  return nodesIn(readme).flatMap((node) => exampleSchema.safeParse(node).data ?? []);
}

const connectionSchema = z.looseObject({driver: z.string()});

export type ConnectionExample = {readonly driver: string; readonly input: Readonly<Record<string, unknown>>};

/** Every connection that is declared there. */
export function connectionsIn(readme: string): readonly ConnectionExample[] {
  return nodesIn(readme).flatMap((node) => {
    const parsed = connectionSchema.safeParse(node).data;
    if (parsed === undefined) return [];
    const {driver, ...input} = parsed;
    return [{driver, input}];
  });
}

function nodesIn(readme: string): readonly unknown[] {
  return [...readme.matchAll(/^```yaml\n(.*?)^```/gms)].flatMap(([, text = '']) => withDescendants(parse(text)));
}

function withDescendants(node: unknown): readonly unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return [node, ...Object.values(node).flatMap(withDescendants)];
}
