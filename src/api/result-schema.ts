import * as z from 'zod';
import {resultSchema} from '../verdict/result.ts';

/** The text of `docs/result.schema.json`. */
export function buildResultSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(resultSchema, {target: 'draft-07'}), null, 2)}\n`;
}
