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

/**
 * A rule over which inputs are given, whatever they are: it is held against a drill file too, where they are references.
 * As `.check(exactlyOneOf('token', 'accessor'))`.
 */
export function exactlyOneOf<Name extends string>(...names: readonly Name[]): z.core.$ZodCheck<Given<Name>> {
  const quoted = names.map((name) => `\`${name}\``);
  return z.refine<Given<Name>>((given) => names.filter((name) => given[name] !== undefined).length === 1, {
    message: `Expected exactly one of ${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}.`,
    ...ofPresence,
  });
}

type Given<Name extends string> = {readonly [N in Name]?: unknown};

/** Said of a rule that asks only which inputs there are. */
export const ofPresence = {
  when: ({value}: {readonly value: unknown}) => typeof value === 'object' && value !== null,
  params: {isOfPresence: true},
};

export function saysPresence(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' && issue.params?.isOfPresence === true;
}
