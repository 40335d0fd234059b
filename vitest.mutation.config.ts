import {defineConfig} from 'vitest/config';

const folders = (process.env.OFFDRILL_MUTATION_TESTS ?? '').split(',');

/** Of mutants, the tests run in threads, where a process can't change its umask. */
export default defineConfig({
  test: {
    // Else every file would import everything anew for every change.
    isolate: false,
    include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
    testNamePattern: /^(?!.*umask)/,
  },
});
