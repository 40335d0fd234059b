import * as z from 'zod';
import {saysPresence} from '../../contract/fields.ts';
import {secretFields} from '../../contract/secret.ts';
import {explainIssues} from '../explain-issues.ts';
import {isRecord, type Path} from '../path.ts';
import type {Report} from '../reporter.ts';
import {unwrapSchema} from '../schema-walk.ts';

export type InputCheck = {
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly path: Path;
  readonly report: Report;
};

/** Holds what a driver will be given against its schema, as far as that can be said before references have values. */
export function checkInput({schema, value, path, report}: InputCheck): void {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    explainIssues(parsed.error.issues, {schema, value, path, report, of: 'input', isOpen});
  }
  checkLiterals({schema, value, path, report});
}

/** A value that a reference stands for, or a rule over several values of which one is not known yet. */
function isOpen(issue: z.core.$ZodIssue, found: unknown): boolean {
  if (issue.code === 'unrecognized_keys' || saysPresence(issue)) return false;
  if (typeof found === 'string' || issue.code === 'custom' || issue.code === 'invalid_union') {
    return holdsReference(found);
  }
  return false;
}

/** Also one that is not well formed, which is another diagnostic's. */
function holdsReference(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${{');
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsReference);
}

/** A secret that stands in the file would stand in every record of the run, which knows only those that it read itself. */
function checkLiterals({schema, value, path, report}: InputCheck): void {
  const inner = unwrapSchema(schema);
  if (secretFields.has(schema) || secretFields.has(inner)) {
    if (typeof value !== 'string' || value === '' || holdsReference(value)) return;
    const message = `Expected \`${path.at(-1) ?? ''}\` to come from \`secrets\`, got the secret itself. Name where it is: \`{env: NAME}\` or \`{file: path}\`.`;
    report({code: 'literal-secret', message, path});
  } else if (inner instanceof z.ZodObject && isRecord(value)) {
    for (const [key, child] of Object.entries<z.ZodType>(inner.shape)) {
      if (Object.hasOwn(value, key)) checkLiterals({schema: child, value: value[key], path: [...path, key], report});
    }
  } else if (inner instanceof z.ZodArray && Array.isArray(value)) {
    value.forEach((item, index) => {
      checkLiterals({schema: inner.element as z.ZodType, value: item, path: [...path, index], report});
    });
  }
}
