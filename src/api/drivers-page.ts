import * as z from 'zod';
import {type DescribedOperation, describeDrivers} from './describe-drivers.ts';

const kinds = {
  action: 'Actions, one scripted change each',
  probe: 'Probes, one way to ask whether something works each',
  capture: 'Captures, something that the integration holds each',
  audit: 'Audit sources',
} as const;

/** The text of `docs/drivers.md`: every driver, with its operations and their inputs. */
export async function buildDriversPage(): Promise<string> {
  const drivers = await describeDrivers();
  const sections = drivers.map((driver) =>
    [
      `## ${driver.name}`,
      `${driver.description} Permissions, examples and what can't be undone: [README](../src/drivers/${driver.name}/README.md).`,
      ...(driver.connection === null ? [] : ['### Connection', renderInputs(driver.connection)]),
      ...Object.entries(kinds).flatMap(([kind, title]) => {
        const operations = driver.operations.filter((operation) => operation.kind === kind);
        return operations.length === 0 ? [] : [`### ${title}`, ...operations.map(renderOperation)];
      }),
    ].join('\n\n'),
  );
  const head = '# Drivers\n\nWritten by `npm run generate` from the operations themselves.';
  return `${[head, ...sections].join('\n\n')}\n`;
}

function renderOperation({uses, description, input, rollback, byHand}: DescribedOperation): string {
  const undone = rollback === undefined ? '' : ` Rolled back by \`${rollback}\`.`;
  const told = byHand === true ? ' Where a run can’t do it, it is told as lines for a shell.' : '';
  return `#### ${uses}\n\n${description}${undone}${told}\n\n${renderInputs(input)}`;
}

const schema = z.object({
  properties: z
    .record(
      z.string(),
      z.looseObject({
        type: z.unknown().optional(),
        anyOf: z.array(z.looseObject({type: z.unknown().optional()})).optional(),
        description: z.string().optional(),
        default: z.unknown().optional(),
        enum: z.array(z.unknown()).optional(),
      }),
    )
    .default({}),
  required: z.array(z.string()).default([]),
});

/** Of a union, the types of its parts. */
function typeOf({
  type,
  anyOf,
}: {
  readonly type?: unknown;
  readonly anyOf?: readonly {readonly type?: unknown}[] | undefined;
}): string {
  const types = (anyOf ?? [{type}]).map((part) => (part.type === undefined ? 'any' : String(part.type)));
  return [...new Set(types)].join(' or ');
}

function renderInputs(input: unknown): string {
  const {properties, required} = schema.parse(input);
  const rows = Object.entries(properties).map(([name, property]) => {
    const type =
      property.enum === undefined ? typeOf(property) : property.enum.map((value) => `\`${value}\``).join(' ');
    const need = required.includes(name)
      ? 'required'
      : property.default === undefined
        ? ''
        : `\`${JSON.stringify(property.default)}\``;
    return `| \`${name}\` | ${type} | ${need} | ${property.description ?? ''} |`;
  });
  return rows.length === 0
    ? 'No inputs.'
    : ['| input | type | default | what |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
