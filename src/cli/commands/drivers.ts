import * as z from 'zod';
import {type DescribedDriver, describeDrivers} from '../../api/describe-drivers.ts';
import type {SharedOptions} from '../options.ts';
import {complain, print, printJson} from '../output.ts';

/** Lists drivers and operations; with a name, the inputs too. 2 where there is no such driver. */
export async function driversCommand(
  name: string | undefined,
  options: SharedOptions & {readonly json?: boolean},
): Promise<number> {
  const drivers = await describeDrivers(name);
  if (drivers.length === 0) {
    const all = await describeDrivers();
    complain(
      `Expected the name of a driver, got \`${name}\`. There are: ${all.map((driver) => driver.name).join(', ')}.`,
    );
    return 2;
  }
  if (options.json === true) printJson({version: 1, drivers});
  else print(drivers.map((driver) => renderDriver(driver, name !== undefined)).join('\n'));
  return 0;
}

function renderDriver(driver: DescribedDriver, withInputs: boolean): string {
  const lines = [`${driver.name}  ${driver.description}`];
  if (withInputs && driver.connection !== null) lines.push(`  connection${renderInputs(driver.connection)}`);
  for (const {uses, kind, description, input, rollback} of driver.operations) {
    lines.push(
      `  ${uses.padEnd(28)} ${kind.padEnd(8)} ${description}${rollback === undefined ? '' : ` Rollback: ${rollback}.`}`,
    );
    if (withInputs) lines.push(`    with${renderInputs(input)}`);
  }
  return `${lines.join('\n')}\n`;
}

const inputSchema = z.object({
  properties: z
    .record(z.string(), z.looseObject({type: z.unknown().optional(), description: z.string().optional()}))
    .optional(),
  required: z.array(z.string()).optional(),
});

function renderInputs(schema: unknown): string {
  const parsed = inputSchema.safeParse(schema);
  if (!parsed.success) return '';
  const {properties = {}, required = []} = parsed.data;
  const inputs = Object.entries(properties).map(([name, {type}]) => {
    const optional = required.includes(name) ? '' : '?';
    return `${name}${optional}${typeof type === 'string' ? `: ${type}` : ''}`;
  });
  return `: {${inputs.join(', ')}}`;
}
