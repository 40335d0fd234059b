import type * as z from 'zod';
import {holdsSecret, schemaAt} from '../contract/secret.ts';
import {type Checking, findOperation} from './checking.ts';
import type {Reference} from './references.ts';

/** A reference that leads to a secret. */
export function isTainted(reference: Reference, checking: Checking): boolean {
  if (reference.context === 'secrets') return true;
  const schema = captured(reference, checking);
  return schema !== undefined && holdsSecret(schema);
}

/** What a reference to a capture leads to. */
export function captured(
  {context, path: [name = '', ...fields]}: Reference,
  {outline, drivers}: Checking,
): z.ZodType | undefined {
  const call = context === 'capture' ? outline.captures.get(name) : undefined;
  const found = call === undefined ? undefined : findOperation(call, drivers);
  return found?.kind === 'capture' ? schemaAt(found.operation.output, fields) : undefined;
}
