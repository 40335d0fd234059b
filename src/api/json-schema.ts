import * as z from 'zod';
import {isDuration} from '../drill/schema-walk.ts';

export type JsonObject = Record<string, unknown>;

/** A draft-07 schema of what may be written, without a `$schema` of its own. `override` may change each part in place. */
export function toJson(
  schema: z.ZodType,
  override: (part: z.ZodType, json: JsonObject) => void = () => {},
): JsonObject {
  const {$schema, ...json} = z.toJSONSchema(schema, {
    target: 'draft-07',
    io: 'input',
    unrepresentable: 'any',
    override: ({zodSchema, jsonSchema}) => {
      dropUnwritableDefault(jsonSchema);
      if (!(zodSchema instanceof z.ZodType)) return;
      if (isDuration(zodSchema)) jsonSchema.pattern = duration;
      override(zodSchema, jsonSchema);
    },
  });
  return json;
}

/** Lets a reference stand for each value in a mapping or list that does not take any text. */
export function acceptReferences(json: JsonObject): JsonObject {
  const accepting = {...json};
  for (const key of ['properties', 'patternProperties'] as const) {
    if (isJson(json[key])) accepting[key] = mapJson(json[key], orReference);
  }
  for (const key of ['items', 'additionalProperties'] as const) {
    if (isJson(json[key])) accepting[key] = orReference(json[key]);
  }
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    if (Array.isArray(json[key]))
      accepting[key] = json[key].map((part: unknown) => (isJson(part) ? acceptReferences(part) : part));
  }
  return accepting;
}

export function isJson(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const duration = '^(?:\\d+(?:\\.\\d+)?(?:ms|s|m|h|d))+$';
const reference = {type: 'string', pattern: '\\$\\{\\{.+\\}\\}'} as const;
const constraints = ['pattern', 'format', 'enum', 'const', 'minLength', 'maxLength'];

function orReference(json: JsonObject): JsonObject {
  const takesAnyText = json.type === 'string' && constraints.every((key) => json[key] === undefined);
  if (takesAnyText || Object.keys(json).every((key) => key === 'description')) return json;
  const {description, default: given, ...rest} = acceptReferences(json);
  return {
    ...(description === undefined ? {} : {description}),
    ...(given === undefined ? {} : {default: given}),
    anyOf: [rest, reference],
  };
}

function mapJson(json: JsonObject, map: (child: JsonObject) => JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(json).map(([key, child]) => [key, isJson(child) ? map(child) : child]));
}

/** The default of a duration is known in milliseconds, which nobody may write. */
function dropUnwritableDefault(json: JsonObject): void {
  if (json.type === 'string' && typeof json.default === 'number') delete json.default;
}
