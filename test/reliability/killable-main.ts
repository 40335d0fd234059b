import './kill-at.ts';

/** The command line, which kills itself where it is told to. */
await import('../../src/cli/main.ts');
