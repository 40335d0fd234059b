import fc from 'fast-check';

/** What of JSON Schema (draft-07) stands in `drill.schema.json`. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly {readonly if: Schema; readonly then: Schema}[];
  /** `false` where it must not be there. */
  readonly properties?: Readonly<Record<string, Schema | false>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
};

/** Few, so that what names another thing often meets one. */
const names = ['vault', 'shop', 'orders-mcp', 'token', 'secret-id', 'checkout'];
const references = [
  'vars.vault',
  'vars.orders-mcp',
  'env.HOME',
  'secrets.secret-id',
  'capture.token',
  'capture.token.token',
  'capture.shop.username',
].map((path) => `\${{ ${path} }}`);
const texts = fc.oneof(
  fc.constantFrom(...names, ...references, 'http://127.0.0.1:1/x', 'select 1', 'json.startedAt', '.lab/secret'),
  fc.string({minLength: 1, maxLength: 12}),
);

/** What the schema takes: each branch of it, each key that may be left out. What is named is often there. */
export function grow(root: Schema): fc.Arbitrary<unknown> {
  const grown = new Map<Schema, fc.Arbitrary<unknown>>();
  const of = (schema: Schema): fc.Arbitrary<unknown> => {
    const known = grown.get(schema) ?? build(schema);
    grown.set(schema, known);
    return known;
  };

  function build(schema: Schema): fc.Arbitrary<unknown> {
    if (schema.$ref !== undefined) return of(definition(root, schema.$ref));
    if ('const' in schema) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const branches = schema.oneOf ?? schema.anyOf;
    if (branches !== undefined) return fc.oneof(...branches.map(of));
    if (schema.type === 'object') return growObject(schema);
    if (schema.type === 'array') {
      return fc.array(of(schema.items ?? {}), {minLength: schema.minItems ?? 0, maxLength: 3});
    }
    if (schema.type === 'string') return growText(schema.pattern);
    if (schema.type === 'integer') return fc.integer({min: schema.minimum ?? -9, max: schema.maximum ?? 999});
    if (schema.type === 'number') return fc.double({min: schema.minimum ?? -9, max: schema.maximum ?? 999});
    return schema.type === 'boolean' ? fc.boolean() : fc.jsonValue({maxDepth: 2});
  }

  function growObject({allOf, ...schema}: Schema): fc.Arbitrary<unknown> {
    // Of an operation: what it takes beside what all take.
    if (allOf !== undefined)
      return fc.oneof(...allOf.map((branch) => growObject(merge(schema, branch.if, branch.then))));
    const {properties = {}, required = [], additionalProperties: more} = schema;
    const kept = Object.entries(properties).flatMap(([key, value]) =>
      value === false ? [] : [[key, of(value)] as const],
    );
    const own = fc.record(Object.fromEntries(kept), {requiredKeys: required.filter((key) => properties[key])});
    if (typeof more !== 'object') return own;
    const others = fc.dictionary(of(schema.propertyNames ?? {type: 'string'}).map(String), of(more), {maxKeys: 3});
    return fc.tuple(own, others).map(([known, other]) => ({...other, ...known}));
  }

  return of(root);
}

function definition(root: Schema, ref: string): Schema {
  const found = root.definitions?.[ref.replace('#/definitions/', '')];
  if (found === undefined) throw new Error(`The schema has no ${ref}.`);
  return found;
}

function merge(...schemas: readonly Schema[]): Schema {
  return {
    ...Object.assign({}, ...schemas),
    properties: Object.assign({}, ...schemas.map(({properties}) => properties)),
    required: [...new Set(schemas.flatMap(({required = []}) => required))],
  };
}

function growText(pattern: string | undefined): fc.Arbitrary<string> {
  if (pattern === undefined) return texts;
  const all = new RegExp(pattern);
  const known = [...names, ...references, '250ms', '5s', '1m', '100%', '99.5%', 'TOKEN'].filter((text) =>
    all.test(text),
  );
  // Nothing grows from what a pattern looks ahead for.
  const others = /\(\?[=!]/.test(pattern) ? texts : fc.stringMatching(all, {size: '-1'});
  return known.length === 0 ? others : fc.oneof({weight: 4, arbitrary: fc.constantFrom(...known)}, others);
}
