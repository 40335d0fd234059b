import {homedir} from 'node:os';
import path from 'node:path';

/** Where compiled sources of the lab are kept, beside the servers that it fetched. */
export function compiledFolder(): string {
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return process.env.NODE_COMPILE_CACHE || path.join(cache, 'offdrill', 'lab');
}
