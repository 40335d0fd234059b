import * as z from 'zod';
import type {Driver} from '../../contract/driver.ts';
import {secretPaths} from '../../contract/secret.ts';
import type {Access} from '../drill.ts';
import {findReferences, soleReference} from '../references.ts';
import {unwrapSchema, walkSchema} from '../schema-walk.ts';
import {visitTexts} from '../visit-texts.ts';
import type {Doubt, Linted} from './doubt.ts';
import {captureOf, probeOf} from './probe-of.ts';

/** Whoever has read a secret keeps it: that it can't be read any more, or was made by a right that is gone, says nothing of what it opens. */
export function lintSecrets({drill, drivers}: Linted): readonly Doubt[] {
  // Where `unreachable` would do as well, a server that is stopped would stand for a secret that is refused.
  const asking = Object.values(drill.access).filter(({expect}) => expect.every((state) => state === 'denied'));
  return Object.entries(drill.capture).flatMap(([name, call]): readonly Doubt[] => {
    const output = captureOf(call, drivers)?.output;
    const secrets = (output === undefined ? [] : secretPaths(output)).map((path) => [name, ...path]);
    const unused = secrets.filter((secret) => !asking.some((access) => presents(access, secret, drivers)));
    if (unused.length === 0) return [];
    const references = unused.map((secret) => `\`\${{ capture.${secret.join('.')} }}\``).join(' and ');
    return [
      {
        code: 'unused-secret',
        message: `\`${name}\` holds a secret with which no access asks: whoever has read it keeps it, and whether what it opens is closed is not seen. Add an access that presents ${references} where it is used, and expects it to be \`denied\`.`,
        path: ['capture', name],
        criterion: 'access-removed',
      },
    ];
  });
}

/** Whether the secret, by the name of its capture and its place in there, reaches the probe. */
function presents(access: Access, secret: readonly string[], drivers: ReadonlyMap<string, Driver>): boolean {
  const input = probeOf(access, drivers)?.input;
  let isPresented = false;
  visitTexts(access.with, [], (text, at) => {
    for (const {context, path} of findReferences(text)) {
      if (context !== 'capture' || path.some((part, index) => part !== secret[index])) continue;
      const isWhole = soleReference(text) !== undefined;
      const schema = input === undefined || !isWhole ? undefined : walkSchema(input, at);
      if (keeps(schema, secret.slice(path.length))) isPresented = true;
    }
  });
  return isPresented;
}

/** Of a capture that is handed over whole, an input keeps the fields that it names. */
function keeps(schema: z.ZodType | undefined, [field, ...rest]: readonly string[]): boolean {
  const inner = schema === undefined ? undefined : unwrapSchema(schema);
  if (field === undefined || !(inner instanceof z.ZodObject)) return true;
  const shape: Readonly<Record<string, z.ZodType>> = inner.shape;
  return Object.hasOwn(shape, field) && keeps(shape[field], rest);
}
