import * as z from 'zod';

/** Marks the fields of schemas that hold a secret: tainted for references, kept out of the journal, known to the redactor. */
export const secretFields = z.registry<{readonly label: string}>();

/** Marks the fields of inputs that others can read while they are used, and who can: no secret may stand in them. */
export const exposedFields = z.registry<{readonly why: string}>();

/** A string that is a secret. */
export function secretString(label: string): z.ZodString {
  return z.string().min(1).register(secretFields, {label});
}

/** Calls `visit` with each secret string in `value`, as `schema` marks them. */
export function visitSecrets(schema: z.ZodType, value: unknown, visit: (secret: string, label: string) => void): void {
  const mark = secretFields.get(schema);
  if (mark !== undefined) {
    if (typeof value === 'string') visit(value, mark.label);
    return;
  }
  forEachChild(schema, value, (childSchema, child) => visitSecrets(childSchema, child, visit));
}

/** The same value without its secret fields: what may be journalled. */
export function withoutSecrets(schema: z.ZodType, value: unknown): unknown {
  const inner = unwrap(schema);
  if (secretFields.has(schema) || secretFields.has(inner)) return undefined;
  if (inner instanceof z.ZodObject && isRecord(value)) {
    const kept: Record<string, unknown> = {};
    for (const [key, childSchema] of Object.entries<z.ZodType>(inner.shape)) {
      const child = withoutSecrets(childSchema, value[key]);
      if (child !== undefined) kept[key] = child;
    }
    return kept;
  }
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => withoutSecrets(inner.element as z.ZodType, item));
  }
  return value;
}

/** The schema at a path, through optionals and defaults; undefined where there is none. */
export function schemaAt(schema: z.ZodType, path: readonly string[]): z.ZodType | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return schema;
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodObject)) return undefined;
  const child: z.ZodType | undefined = inner.shape[head];
  return child === undefined ? undefined : schemaAt(child, rest);
}

/** True where the schema, or anything in it, is marked secret. */
export function holdsSecret(schema: z.ZodType): boolean {
  const inner = unwrap(schema);
  if (secretFields.has(schema) || secretFields.has(inner)) return true;
  if (inner instanceof z.ZodObject) return Object.values<z.ZodType>(inner.shape).some(holdsSecret);
  if (inner instanceof z.ZodArray) return holdsSecret(inner.element as z.ZodType);
  return false;
}

/** Where the secrets stand in a value of this schema, as references lead there: a list is one place. */
export function secretPaths(schema: z.ZodType): readonly (readonly string[])[] {
  const inner = unwrap(schema);
  const isMarked = secretFields.has(schema) || secretFields.has(inner);
  if (isMarked || !(inner instanceof z.ZodObject)) return holdsSecret(schema) ? [[]] : [];
  return Object.entries<z.ZodType>(inner.shape).flatMap(([key, child]) =>
    secretPaths(child).map((path) => [key, ...path]),
  );
}

function forEachChild(schema: z.ZodType, value: unknown, each: (schema: z.ZodType, value: unknown) => void): void {
  const inner = unwrap(schema);
  if (inner !== schema) {
    each(inner, value);
  } else if (inner instanceof z.ZodObject && isRecord(value)) {
    for (const [key, childSchema] of Object.entries<z.ZodType>(inner.shape)) each(childSchema, value[key]);
  } else if (inner instanceof z.ZodArray && Array.isArray(value)) {
    for (const item of value) each(inner.element as z.ZodType, item);
  }
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
