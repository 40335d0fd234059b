import {enableCompileCache} from 'node:module';
import {compiledFolder} from './compiled.ts';

/** `npm run lab -- …`; a drill starts it twice, so what was compiled once is not compiled again. */
enableCompileCache(compiledFolder());
await import('./commands.ts');
