import * as z from 'zod';
import type {Observation} from '../contract/observation.ts';

type Answer = {readonly headers: Readonly<Record<string, unknown>>; readonly body: () => unknown};

/** An input that says where an answer tells which process gave it: in a header, or in what `body` names. */
export function instanceField<Body extends string>(body: Body) {
  const examples = `${body}.startedAt, header.x-instance`;
  return z
    .string()
    .regex(
      new RegExp(`^(?:${body}|header)\\..`),
      `Expected where to look, such as \`${examples.replace(', ', '` or `')}\`.`,
    )
    .meta({
      description: `Where the answer tells which process gave it: ${examples}. One that does not tell is no proof`,
    });
}

/** What was seen, with the process that gave the answer where `instance` asks for it and the answer tells. */
export function tellInstance(seen: Observation, instance: string | undefined, answer: Answer): Observation {
  if (instance === undefined) return seen;
  const told = readInstance(instance, answer);
  return told === undefined ? seen : {...seen, instance: told};
}

function readInstance(instance: string, {headers, body}: Answer): string | undefined {
  const [source, ...path] = instance.split('.');
  return textOf(source === 'header' ? headers[path.join('.').toLowerCase()] : valueAt(body(), path));
}

/** A key may hold dots itself (`_meta` of MCP: `com.example/started`): the longest that is there is the one. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (let length = path.length; length > 0; length -= 1) {
    const key = path.slice(0, length).join('.');
    if (Object.hasOwn(value, key))
      return valueAt((value as Readonly<Record<string, unknown>>)[key], path.slice(length));
  }
  return undefined;
}

/** Longer than any start time or process name; what is longer, or empty, is no instance, and is not kept. */
const longest = 100;

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).trim();
  return text === '' || text.length > longest ? undefined : text;
}
