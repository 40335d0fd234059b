import {GenericContainer, type StartedTestContainer, Wait} from 'testcontainers';

/** On whatever the tests start, so that it can be found and removed, whoever left it. */
export const labels = {'offdrill-test': ''};

export type TestImages = {
  readonly openbao?: string | undefined;
  readonly postgres?: string | undefined;
  readonly moto?: string | undefined;
  /** In the place of OpenBao. */
  readonly vault?: string | undefined;
};

/** Which images the tests of drivers are to use, as `scripts/test.ts` found them; processes where none is named. */
export function testImages(env: Readonly<Record<string, string | undefined>>): TestImages {
  const {OFFDRILL_TEST_OPENBAO: openbao, OFFDRILL_TEST_VAULT: vault} = env;
  const {OFFDRILL_TEST_POSTGRES: postgres, OFFDRILL_TEST_MOTO: moto} = env;
  return {openbao, postgres, moto, vault};
}

/** What PostgreSQL says last where others can read it: with a collector, the rest goes to files. */
export const readiness = /ready to accept connections|redirecting log output/;

/** A server on that port of this machine. Its first line of readiness may be of its own set-up: ask it before use. */
export async function startPostgresContainer(
  image: string,
  options: {
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly settings: readonly string[];
    /** Shared with this machine, under the same name. */
    readonly folders?: readonly string[];
  },
): Promise<StartedTestContainer> {
  return new GenericContainer(image)
    .withEnvironment({
      POSTGRES_USER: options.user,
      POSTGRES_PASSWORD: options.password,
      POSTGRES_DB: 'postgres',
      POSTGRES_INITDB_ARGS: '--auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync',
    })
    .withCommand(['postgres', ...options.settings])
    .withBindMounts((options.folders ?? []).map((folder) => ({source: folder, target: folder})))
    .withExposedPorts({container: 5432, host: options.port})
    .withLabels(labels)
    .withWaitStrategy(Wait.forLogMessage(readiness).withStartupTimeout(30_000))
    .start();
}
