import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {chmod, mkdir, mkdtemp, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {appNames, startApp, startSupervisor} from './apps.ts';
import {checkLab} from './check-lab.ts';
import {removeContainer} from './containers.ts';
import {baoVersion, findBao} from './find-bao.ts';
import {furnishBao} from './furnish-bao.ts';
import {drillCommandOf, linkHome, projectFolder, refuseSecondLab, removeHome, timeWith} from './home.ts';
import {openBao} from './openbao.ts';
import {type PartName, partsOf, type RunningPart, type StoppableName, startPart, stopPart} from './parts.ts';
import {choosePorts, defaultPorts} from './ports.ts';
import {furnishPostgres, makePostgresLogs, readAddress} from './postgres.ts';
import {stopProcess} from './processes.ts';
import {type Servers, serversAsProcesses} from './servers.ts';
import {addressesOf, type LabState, readState, readStateIn, writeState} from './state.ts';
import {livingFor, type VariantName, variants} from './variants.ts';

export type LabOptions = {
  /** Where `.lab` is made, and where drills start from. The project's folder otherwise. */
  readonly home?: string;
  readonly ports?: number | 'auto';
  /** A second audit device that records in clear: for tests that look for secrets. */
  readonly rawAudit?: boolean;
  /** How the integration holds its credentials; dynamically. */
  readonly variant?: VariantName;
  /** How long tokens and database users of orders-mcp live, such as `2s`, instead of the variant's own time. */
  readonly ttl?: string;
  /** As processes on loopback. */
  readonly servers?: Servers;
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
};

export type Lab = {
  readonly home: string;
  readonly data: string;
  readonly variant: VariantName;
  readonly addresses: ReturnType<typeof addressesOf>;
  /** A shell command to which `run FILE --yes` can be appended. */
  readonly drillCommand: string;
  rootToken(): string;
  /** What runs, by name, and whose credentials it is on. */
  processes(): Promise<Readonly<Record<string, RunningPart>>>;
  stop(name: StoppableName): Promise<void>;
  start(name: PartName): Promise<void>;
  /** What is not whole, a sentence each. */
  check(): Promise<readonly string[]>;
  down(): Promise<void>;
};

/** Starts everything, and returns when everything is whole. Whatever goes wrong on the way, nothing is left behind. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const home = path.resolve(options.home ?? projectFolder);
  const log = options.log ?? (() => undefined);
  const servers = options.servers ?? serversAsProcesses(await findBao(process.env, log, options.signal));
  await refuseSecondLab(home);
  const ports = await choosePorts(options.ports ?? defaultPorts);
  const data = await mkdtemp(path.join(tmpdir(), 'offdrill-lab-'));
  const state: LabState = {data, ports, variant: options.variant ?? 'dynamic', processes: {}};
  try {
    await furnish(state, {
      home,
      servers,
      log,
      rawAudit: options.rawAudit ?? false,
      ttl: options.ttl,
      signal: options.signal,
    });
    return openLab(home, state);
  } catch (error) {
    await downLab(home, state);
    // Ctrl-C reaches what is being started too, which then fails in its own words.
    options.signal?.throwIfAborted();
    throw error;
  }
}

/** The lab that runs in a home; undefined where none does, or only one that stands in for AWS. */
export async function findLab(home: string): Promise<Lab | undefined> {
  const state = await readShopState(home);
  return state === undefined ? undefined : openLab(home, state);
}

async function readShopState(home: string): Promise<LabState | undefined> {
  const state = await readState(home);
  return state?.variant === 'aws' ? undefined : state;
}

function openLab(home: string, state: LabState): Lab {
  const {data} = state;
  return {
    home,
    data,
    variant: state.variant,
    addresses: addressesOf(state),
    drillCommand: drillCommandOf(home, data),
    rootToken: () => readFileSync(path.join(data, 'root-token'), 'utf8'),
    processes: () => partsOf(state),
    stop: (name) => withState(home, (current) => stopPart(current, name)),
    start: (name) => withState(home, (current) => startPart(current, name)),
    check: () => checkLab(state),
    down: async () => downLab(home, (await readShopState(home)) ?? state),
  };
}

async function withState(home: string, act: (state: LabState) => Promise<void>): Promise<void> {
  const state = await readShopState(home);
  if (state === undefined) throw new Error('No lab runs here. Start it: `npm run lab -- up`.');
  await act(state);
}

async function furnish(
  state: LabState,
  options: {
    home: string;
    servers: Servers;
    log: (line: string) => void;
    rawAudit: boolean;
    ttl: string | undefined;
    signal: AbortSignal | undefined;
  },
): Promise<void> {
  const {data} = state;
  const {home, log, signal, ttl} = options;
  const usual = variants[state.variant];
  const variant = ttl === undefined ? usual : livingFor(usual, ttl);
  const timed = timeWith({log, signal});
  // PostgreSQL runs as another user where this is root, and must pass through to its own folder.
  await chmod(data, 0o711);
  await mkdir(path.join(data, 'logs'), {mode: 0o700});
  await makePostgresLogs(data);
  await linkHome(home, data);
  writeState(state);

  const {servers, rawAudit} = options;
  const passwords = {superuser: randomSecret(), vault: randomSecret(), operator: randomSecret()};
  await writeFile(path.join(data, 'superuser-password'), passwords.superuser, {mode: 0o600});
  const {vault, postgres} = addressesOf(state);
  const starting = [
    timed('PostgreSQL 18 up', async () => {
      await servers.startPostgres(state, {superuserPassword: passwords.superuser});
      await furnishPostgres({server: readAddress(postgres), passwords, variant});
    }),
    timed(`OpenBao ${baoVersion} up`, async () => {
      await servers.startBao(state, {rawAudit});
      const root = await openBao({data, address: vault});
      await servers.declareAudit?.(root, state, {rawAudit});
      return root;
    }),
  ] as const;
  // Where one fails, the other is waited for: it could start, or miss its folder, after everything was ended.
  await Promise.allSettled(starting);
  const [, bao] = await Promise.all(starting);
  const {operatorToken} = await timed('roles, policies and an operator that is not root', () =>
    furnishBao(bao, {data, postgres: servers.postgresForBao(state), variant, vaultPassword: passwords.vault}),
  );
  await writeSettings(state, operatorToken, passwords.operator);
  for (const name of appNames) await timed(`${name} up`, () => startApp(state, name));
  if (variant.isSupervised) await timed('a supervisor of orders-mcp up', async () => startSupervisor(state));
}

export async function writeSettings(state: LabState, operatorToken: string, databasePassword: string): Promise<void> {
  const vars = Object.entries(addressesOf(state)).map(([name, address]) => `${name}: ${address}\n`);
  await writeFile(path.join(state.data, 'vars.yaml'), vars.join(''), {mode: 0o600});
  const env = `OFFDRILL_VAULT_TOKEN=${operatorToken}\nOFFDRILL_DB_ADMIN_PASSWORD=${databasePassword}\n`;
  await writeFile(path.join(state.data, 'offdrill.env'), env, {mode: 0o600});
}

async function downLab(home: string, state: LabState): Promise<void> {
  // First, so that nothing is started again behind our back; what it started stands in the table by then.
  const {supervisor} = state.processes;
  if (supervisor !== undefined) await stopProcess(supervisor);
  await Promise.all(Object.values(state.containers ?? {}).map(removeContainer));
  const {postgres, openbao, ...apps} = {...state.processes, ...(await readStateIn(state.data))?.processes};
  await Promise.all(Object.values(apps).map((app) => stopProcess(app)));
  await Promise.all([
    ...(postgres === undefined ? [] : [stopProcess(postgres, 'SIGINT')]),
    ...(openbao === undefined ? [] : [stopProcess(openbao)]),
  ]);
  await removeHome(home, state.data);
}

function randomSecret(): string {
  return randomBytes(16).toString('hex');
}
