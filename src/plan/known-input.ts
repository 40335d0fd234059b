import * as z from 'zod';

/**
 * The operation's input as far as it is known while planning: defaults filled in, and a value that still holds a
 * reference left as its text. Good for fields that say where and what (addresses, roles), which are known by then.
 */
export function knownInput(schema: z.ZodType, template: Readonly<Record<string, unknown>>): unknown {
  const whole = schema.safeParse(template);
  if (whole.success) return whole.data;
  if (!(schema instanceof z.ZodObject)) return template;
  const known: Record<string, unknown> = {...template};
  for (const [key, field] of Object.entries<z.ZodType>(schema.shape)) {
    const parsed = field.safeParse(template[key]);
    if (parsed.success && parsed.data !== undefined) known[key] = parsed.data;
  }
  return known;
}
