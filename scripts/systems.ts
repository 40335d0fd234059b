import {spawnSync} from 'node:child_process';
import {motoVersion} from '../lab/find-moto.ts';

/** Which real systems the tests run against, and what is said of it at their end. */
export type Systems = {
  /** What the tests' processes are told beside their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** HashiCorp's server, on which the tests of the Vault driver run once more. */
  readonly vaultImage: string | undefined;
  readonly hasContainers: boolean;
  /** A line for each system: version and image, or why it is not tested. */
  readonly report: readonly string[];
  /** What was asked for and is not here: the tests fail. */
  readonly problems: readonly string[];
};

type Environment = Readonly<Record<string, string | undefined>>;
type Image = {readonly name: string; readonly version: string} | {readonly name: string; readonly missing: string};

const defaults = {
  openbao: 'openbao/openbao:2.7.2',
  postgres: 'postgres:18',
  moto: `motoserver/moto:${motoVersion}`,
  vault: 'hashicorp/vault:1.21',
} as const;

/**
 * Containers where an engine answers, processes otherwise. `OFFDRILL_CONTAINERS` says `required` (no engine, or no image of
 * OpenBao, PostgreSQL or moto, is a failure) or `never`; `OFFDRILL_IMAGE_OPENBAO`, `_POSTGRES`, `_MOTO` and `_VAULT` name other
 * images, and `OFFDRILL_BUILD_IMAGES` a program that makes them first, where no registry has them.
 */
export function chooseSystems(env: Environment, log: (line: string) => void): Systems {
  const wish = env.OFFDRILL_CONTAINERS ?? 'auto';
  const engine = wish === 'never' ? undefined : versionOf('docker', ['version', '--format', '{{.Server.Version}}']);
  if (engine === undefined) {
    const why = wish === 'never' ? 'OFFDRILL_CONTAINERS is `never`' : 'no Docker engine answers';
    return {
      env: {},
      vaultImage: undefined,
      hasContainers: false,
      report: [
        `OpenBao, PostgreSQL   as processes of the lab: ${why}`,
        `moto                  as a process of the lab: ${why}`,
        `HashiCorp Vault       not tested: ${why}`,
        `docker-compose        not tested: ${why}`,
      ],
      problems: wish === 'required' ? [`Expected containers, since OFFDRILL_CONTAINERS is \`required\`: ${why}.`] : [],
    };
  }
  const {OFFDRILL_BUILD_IMAGES: builder} = env;
  const isBuilt = builder === undefined || spawnSync(builder, {stdio: 'inherit'}).status === 0;
  const find = (system: keyof typeof defaults, argv: readonly string[]): Image =>
    findImage(env[`OFFDRILL_IMAGE_${system.toUpperCase()}`] ?? defaults[system], argv, log);
  const openbao = find('openbao', ['bao', 'version']);
  const postgres = find('postgres', ['postgres', '--version']);
  const moto = find('moto', ['python3', '-c', 'import moto; print(moto.__version__)']);
  const vault = find('vault', ['vault', 'version']);
  const isWhole = 'version' in openbao && 'version' in postgres;
  const missing = [openbao, postgres, moto].flatMap((image) => ('missing' in image ? [image.missing] : []));
  const problems = [
    ...(isBuilt ? [] : [`Expected ${builder} to make images, and it failed.`]),
    ...(wish === 'required' ? missing.map((why) => `Expected containers: ${why}.`) : []),
  ];
  return {
    env: {
      ...(isWhole ? {OFFDRILL_TEST_OPENBAO: openbao.name, OFFDRILL_TEST_POSTGRES: postgres.name} : {}),
      ...('version' in moto ? {OFFDRILL_TEST_MOTO: moto.name} : {}),
    },
    vaultImage: isWhole && 'version' in vault ? vault.name : undefined,
    hasContainers: isWhole,
    report: [
      `Docker                ${engine}`,
      `OpenBao               ${describe(openbao, isWhole)}`,
      `PostgreSQL            ${describe(postgres, isWhole)}`,
      `moto                  ${describe(moto, true)}`,
      `HashiCorp Vault       ${'missing' in vault ? `not tested: ${vault.missing}` : describe(vault, true)}`,
    ],
    problems,
  };
}

function describe(image: Image, isUsed: boolean): string {
  if ('missing' in image) return `as a process of the lab: ${image.missing}`;
  return isUsed ? `${image.version}, in containers of ${image.name}` : 'as a process of the lab';
}

/** Pulled where it is not here. */
function findImage(name: string, argv: readonly string[], log: (line: string) => void): Image {
  if (spawnSync('docker', ['image', 'inspect', name], {stdio: 'ignore'}).status !== 0) {
    log(`pulling ${name}`);
    const pulled = spawnSync('docker', ['pull', '--quiet', name], {encoding: 'utf8', timeout: 300_000});
    if (pulled.status !== 0) {
      const said = pulled.stderr.trim().split('\n').at(-1) ?? '';
      return {name, missing: `no image ${name} is here, and it can't be pulled (${said})`};
    }
  }
  const [program = '', ...args] = argv;
  const version = versionOf('docker', ['run', '--rm', '--entrypoint', program, name, ...args]);
  return version === undefined ? {name, missing: `the image ${name} has no \`${argv.join(' ')}\``} : {name, version};
}

/** The first thing in what a command says that looks like a version; undefined where it fails. */
function versionOf(command: string, args: readonly string[]): string | undefined {
  const {status, stdout} = spawnSync(command, args, {encoding: 'utf8', timeout: 60_000});
  return status === 0 ? /\d+(\.\d+)+\S*/.exec(stdout)?.[0] : undefined;
}
