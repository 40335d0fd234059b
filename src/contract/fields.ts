import * as z from 'zod';
import {parseDuration} from '../util/duration.ts';

/** A duration in a drill file (`250ms`, `1h30m`), read into milliseconds. A bare number is refused. */
export const durationField = z
  .string()
  .transform((text, ctx) => {
    const parsed = parseDuration(text);
    if (parsed.ok) return parsed.value;
    ctx.addIssue({code: 'custom', message: `Expected ${parsed.error}.`, input: text});
    return z.NEVER;
  })
  .meta({description: 'A duration such as 250ms, 10s or 1h30m'});

/** The name of a role, a group, a mount: letters, digits and `_ . -`, so that no path can be made of it. */
export const identifierField = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'Expected a name of letters, digits, `_`, `.` and `-`.');
