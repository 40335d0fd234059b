#!/usr/bin/env node
import {enableCompileCache} from 'node:module';
import {homedir} from 'node:os';
import path from 'node:path';

/**
 * What was compiled once is not compiled again: in the user's own cache, where nobody else can put code. Where it can't be
 * written, everything is compiled.
 */
enableCompileCache(path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'offdrill', 'compiled'));
await import('./main.ts');
