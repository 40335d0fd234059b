import {defineConfig} from 'vitest/config';

/** Vault has namespaces in its enterprise edition alone. */
const onVault = process.env.OFFDRILL_TEST_VAULT === undefined ? [] : ['test/drivers/vault/namespace.test.ts'];

/** `unit` touches no real system; `contract` runs over every driver; `integration` and `e2e` start the lab's real systems. */
export default defineConfig({
  test: {
    // What a file imports is mostly the same, and keeps nothing: without this half of the work of the unit tests is to import it again.
    isolate: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/{api,cli,contract,drill,plan,run,journal,verdict,report,redact,util,lab,scripts,bench}/**/*.test.ts',
            'test/drivers/*.test.ts',
          ],
          testTimeout: 60_000,
        },
      },
      {test: {name: 'contract', include: ['test/drivers/contract/**/*.test.ts'], testTimeout: 60_000}},
      {
        test: {
          name: 'integration',
          include: ['test/drivers/*/**/*.test.ts', 'test/integration/**/*.test.ts'],
          exclude: ['test/drivers/contract/**', ...onVault],
          globalSetup: 'test/helpers/programs.ts',
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/package/global-setup.ts',
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/helpers/programs.ts',
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'reliability',
          include: ['test/reliability/**/*.test.ts'],
          globalSetup: 'test/helpers/programs.ts',
          testTimeout: 600_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'containers',
          include: ['test/containers/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
