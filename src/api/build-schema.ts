import type * as z from 'zod';
import type {Driver} from '../contract/driver.ts';
import {drillSchema, type SchemaRole, schemaRoles} from '../drill/schema.ts';
import {acceptReferences, isJson, type JsonObject, toJson} from './json-schema.ts';

/** The JSON schema of drill files (draft-07), from what the loader checks with and what the drivers' operations take. */
export function buildSchema(drivers: readonly Driver[]): object {
  const offers = offersOf(drivers);
  const expand = expanderFor(drivers, offers);
  const schema = toJson(drillSchema, (part, json) => {
    const role = schemaRoles.get(part)?.role;
    if (role !== undefined) replaceWith(json, expand[role](json));
  });
  const definitions = Object.fromEntries(
    Object.values(offers).flatMap((ofKind) =>
      ofKind.map(({definition, input}) => [definition, acceptReferences(toJson(input))]),
    ),
  );
  return {$schema: 'http://json-schema.org/draft-07/schema#', title: 'A drill of offdrill', ...schema, definitions};
}

/** One operation, as a call can name it. */
type Offer = {
  readonly uses: string;
  readonly definition: string;
  readonly description: string;
  readonly input: z.ZodType;
  readonly hasConnection: boolean;
};

type Offers = Readonly<Record<'action' | 'probe' | 'capture' | 'audit', readonly Offer[]>>;

function offersOf(drivers: readonly Driver[]): Offers {
  const offer = (
    kind: string,
    from: (driver: Driver) => Readonly<Record<string, Pick<Offer, 'description' | 'input'>>>,
  ) =>
    drivers.flatMap((driver) =>
      Object.entries(from(driver)).map(([name, {description, input}]): Offer => {
        const definition = `${kind}.${driver.name}.${name}`;
        return {
          uses: `${driver.name}/${name}`,
          definition,
          description,
          input,
          hasConnection: driver.connection !== undefined,
        };
      }),
    );
  return {
    action: offer('action', ({actions}) => actions),
    probe: offer('probe', ({probes}) => probes),
    capture: offer('capture', ({captures}) => captures),
    audit: offer('audit', ({audits}) => audits),
  };
}

type Expander = Readonly<Record<SchemaRole, (json: JsonObject) => JsonObject>>;

function expanderFor(drivers: readonly Driver[], offers: Offers): Expander {
  return {
    action: (json) => asCall(json, offers.action, {inherits: false}),
    probe: (json) => asCall(json, offers.probe, {inherits: false}),
    check: (json) => asCall(json, offers.probe, {inherits: true}),
    capture: (json) => asCall(json, offers.capture, {inherits: false}),
    audit: (json) => ({
      oneOf: [only(json, ['blind']), asCall(without(json, ['blind']), offers.audit, {inherits: false})],
    }),
    rollback: (json) => {
      const call = asCall(without(json, ['none']), offers.action, {inherits: true});
      return {oneOf: [only(json, ['none']), {...call, required: ['uses']}, only(json, ['restarts'])]};
    },
    secret: (json) => ({...json, minProperties: 1, maxProperties: 1}),
    connection: () => ({oneOf: drivers.flatMap(connectionOf)}),
    identity: () => ({
      oneOf: drivers.flatMap(({name, identity}) =>
        identity === undefined ? [] : [strict({[name]: toJson(identity)}, [name])],
      ),
    }),
    'guard-entry': () => ({oneOf: drivers.map(guardEntryOf)}),
  };
}

/** Ties the inputs to the operation that is named. */
function asCall(json: JsonObject, offers: readonly Offer[], {inherits}: {readonly inherits: boolean}): JsonObject {
  const properties = isJson(json.properties) ? json.properties : {};
  const uses = {
    enum: offers.map((offer) => offer.uses),
    enumDescriptions: offers.map(({description}) => description),
    description: 'driver/operation',
  };
  const required = new Set(['uses', ...(Array.isArray(json.required) ? json.required : [])]);
  return {
    ...json,
    properties: {...properties, uses},
    required: [...required],
    allOf: offers.map((offer) => ({
      if: {properties: {uses: {const: offer.uses}}, required: ['uses']},
      // biome-ignore lint/suspicious/noThenProperty: the word of JSON schema
      then: {
        properties: {with: {$ref: `#/definitions/${offer.definition}`}, ...(offer.hasConnection ? {} : {on: false})},
        required: [...(offer.hasConnection && !inherits ? ['on'] : []), ...(needsInput(offer) ? ['with'] : [])],
      },
    })),
  };
}

function needsInput({input}: Offer): boolean {
  return !input.safeParse({}).success;
}

function connectionOf({name, description, connection}: Driver): readonly JsonObject[] {
  if (connection === undefined) return [];
  const json = acceptReferences(toJson(connection.input));
  const inputs = isJson(json.properties) ? json.properties : {};
  const required = Array.isArray(json.required) ? json.required : [];
  return [{...strict({driver: {const: name}, ...inputs}, ['driver', ...required]), description}];
}

function guardEntryOf({name, guard}: Driver): JsonObject {
  const {address} = acceptReferences({properties: {address: toJson(guard.address)}}).properties as JsonObject;
  if (guard.identity === 'none') return strict({[name]: address}, [name]);
  const key = guard.identityKey ?? 'cluster';
  const identity = {
    type: 'string',
    minLength: 1,
    description: `The ${key === 'cluster' ? 'name by which the server must call itself' : 'account that must answer there'}`,
  };
  return strict({[name]: address, [key]: identity}, [name, key]);
}

function strict(properties: JsonObject, required: readonly unknown[]): JsonObject {
  return {type: 'object', properties, required, additionalProperties: false};
}

function only(json: JsonObject, keys: readonly string[]): JsonObject {
  const properties = isJson(json.properties) ? json.properties : {};
  return strict(Object.fromEntries(keys.map((key) => [key, properties[key]])), keys);
}

function without(json: JsonObject, keys: readonly string[]): JsonObject {
  const properties = isJson(json.properties) ? json.properties : {};
  const rest = Object.entries(properties).filter(([key]) => !keys.includes(key));
  return {...json, properties: Object.fromEntries(rest)};
}

function replaceWith(json: JsonObject, other: JsonObject): void {
  for (const key of Object.keys(json)) delete json[key];
  Object.assign(json, other);
}
