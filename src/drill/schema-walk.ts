import * as z from 'zod';
import {durationField} from '../contract/fields.ts';

/** The schema at a path, through wrappers, records, lists and loose objects; undefined where there is none. */
export function walkSchema(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return schema;
  const child = childOf(unwrapSchema(schema), head);
  return child === undefined ? undefined : walkSchema(child, rest);
}

/** The keys that a mapping may have; none where any may stand. */
export function keysOf(schema: z.ZodType): readonly string[] {
  const inner = unwrapSchema(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** Whether a schema reads a duration, also with more demands on it. */
export function isDuration(schema: z.ZodType | undefined): boolean {
  if (schema === undefined) return false;
  const inner = unwrapSchema(schema, {pipes: false});
  return inner instanceof z.ZodPipe && inner.in === durationField.in;
}

export function unwrapSchema(schema: z.ZodType, through: {readonly pipes: boolean} = {pipes: true}): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrapSchema(schema.unwrap() as z.ZodType, through);
  }
  return through.pipes && schema instanceof z.ZodPipe ? unwrapSchema(schema.in as z.ZodType, through) : schema;
}

function childOf(schema: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<PropertyKey, z.ZodType>> = schema.shape;
    return Object.hasOwn(shape, key) ? shape[key] : undefined;
  }
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return schema instanceof z.ZodArray ? (schema.element as z.ZodType) : undefined;
}
