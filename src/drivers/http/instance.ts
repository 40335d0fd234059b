import * as z from 'zod';
import type {Exchange} from '../http-exchange.ts';
import {readJson} from './read-json.ts';

/** Where the answer tells which process gave it. */
export const instanceField = z
  .string()
  .regex(/^(?:json|header)\../, 'Expected where to look, such as `json.startedAt` or `header.x-instance`.')
  .meta({
    description:
      'Where the answer tells which process gave it: json.startedAt, header.x-instance. One that does not tell is no proof',
  });

/** What the answer tells; undefined where it does not. */
export function readInstance(instance: string, answer: Pick<Exchange, 'headers' | 'body'>): string | undefined {
  const [source, ...path] = instance.split('.');
  if (source === 'header') return textOf(answer.headers[path.join('.').toLowerCase()]);
  return textOf(path.reduce(memberOf, readJson(answer.body)));
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

/** Longer than any start time or process name; what is longer is no instance, and is not kept. */
const longest = 100;

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  return text.length > longest ? undefined : text;
}
