import {readFileSync} from 'node:fs';
import * as z from 'zod';

/** The package's own version. */
export const version: string = z
  .object({version: z.string()})
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version;
