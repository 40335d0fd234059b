#!/usr/bin/env node
import {statSync} from 'node:fs';
import {enableCompileCache} from 'node:module';
import {homedir} from 'node:os';
import path from 'node:path';

/**
 * What was compiled once is not compiled again. It is kept in the user's own cache, where nobody else can put code; where
 * that can't be written, or the home is another's (`sudo` may leave it so), everything is compiled.
 */
const home = homedir();
if (isOwn(home)) {
  enableCompileCache(path.join(process.env.XDG_CACHE_HOME || path.join(home, '.cache'), 'offdrill', 'compiled'));
}
await import('./main.ts');

function isOwn(folder: string): boolean {
  return statSync(folder, {throwIfNoEntry: false})?.uid === process.getuid?.();
}
