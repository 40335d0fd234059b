import {findReferences, type Reference, referencesIn, soleReference} from '../drill/references.ts';

export {type Reference, referencesIn};

/** What a reference stands for; `undefined` where it is not known yet, and then the text stays as it is. */
export type Lookup = (reference: Reference) => unknown;

/** Puts values in the place of references, anywhere in `template`. A scalar that is exactly one reference keeps the value's type. */
export function resolveTemplate(template: unknown, lookup: Lookup): unknown {
  if (typeof template === 'string') return resolveText(template, lookup);
  if (Array.isArray(template)) return template.map((item) => resolveTemplate(item, lookup));
  if (typeof template === 'object' && template !== null) {
    return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, resolveTemplate(item, lookup)]));
  }
  return template;
}

/** A lookup in nested records, for one or more contexts. */
export function lookupIn(values: Readonly<Partial<Record<Reference['context'], unknown>>>): Lookup {
  return ({context, path}) => {
    let value: unknown = values[context];
    for (const key of path) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
    }
    return value;
  };
}

function resolveText(text: string, lookup: Lookup): unknown {
  const sole = soleReference(text);
  if (sole !== undefined) {
    const value = lookup(sole);
    return value === undefined ? text : value;
  }
  let resolved = '';
  let position = 0;
  for (const reference of findReferences(text)) {
    const value = lookup(reference);
    resolved += text.slice(position, reference.start) + (value === undefined ? reference.text : String(value));
    position = reference.end;
  }
  return resolved + text.slice(position);
}
