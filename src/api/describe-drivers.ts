import * as z from 'zod';
import type {Driver} from '../contract/driver.ts';
import {loadAllDrivers} from './catalog.ts';

export type DescribedOperation = {
  readonly uses: string;
  readonly kind: 'action' | 'probe' | 'capture' | 'audit';
  readonly description: string;
  /** `take` a JSON schema of its input. */
  readonly input: unknown;
  readonly rollback?: string;
  /** Of an action, whether it tells how a person does the same. */
  readonly byHand?: boolean;
};

export type DescribedDriver = {
  readonly name: string;
  readonly description: string;
  readonly connection: unknown;
  readonly operations: readonly DescribedOperation[];
};

/** Every driver, or one, with its operations and their inputs. */
export async function describeDrivers(name?: string): Promise<readonly DescribedDriver[]> {
  const drivers = await loadAllDrivers();
  return drivers.filter((driver) => name === undefined || driver.name === name).map(describe);
}

function describe(driver: Driver): DescribedDriver {
  const {name, description, connection} = driver;
  const kinds = [
    ['action', driver.actions],
    ['probe', driver.probes],
    ['capture', driver.captures],
    ['audit', driver.audits],
  ] as const;
  const operations = kinds.flatMap(([kind, byName]) =>
    Object.entries(byName).map(
      ([operation, declared]): DescribedOperation => ({
        uses: `${name}/${operation}`,
        kind,
        description: declared.description,
        input: schemaOf(declared.input),
        ...('rollback' in declared && declared.rollback !== undefined ? {rollback: declared.rollback.uses} : {}),
        ...(kind === 'action' ? {byHand: 'byHand' in declared && declared.byHand !== undefined} : {}),
      }),
    ),
  );
  return {name, description, connection: connection === undefined ? null : schemaOf(connection.input), operations};
}

function schemaOf(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, {target: 'draft-07', io: 'input', unrepresentable: 'any'});
}
