import {mkdir, mkdtemp, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type AwsAppName, awsAppNames, startAwsApp} from './aws-apps.ts';
import {issueBillingKey, revokeBillingKey} from './billing-keys.ts';
import {checkAws} from './check-aws.ts';
import {findMoto, motoVersion} from './find-moto.ts';
import {drillCommandOf, linkHome, projectFolder, refuseSecondLab, removeHome, timeWith} from './home.ts';
import {startMoto} from './moto.ts';
import type {RunningPart} from './parts.ts';
import {chooseAwsPorts, defaultPorts} from './ports.ts';
import {isRunning, stopProcess} from './processes.ts';
import {logOf, stopApp} from './run-app.ts';
import {
  type AwsState,
  awsAddressesOf,
  readProcesses,
  readState,
  readStateIn,
  rememberProcess,
  writeState,
} from './state.ts';

export type AwsLabOptions = {
  /** Where `.lab` is made, and where drills start from. The project's folder otherwise. */
  readonly home?: string;
  readonly ports?: number | 'auto';
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
};

/** What can be stopped. moto never comes back: its data is in memory. */
export const awsStoppableNames = [...awsAppNames, 'moto'] as const;
type AwsStoppableName = AwsAppName | 'moto';

export type AwsLab = {
  readonly home: string;
  readonly data: string;
  readonly variant: 'aws';
  readonly addresses: ReturnType<typeof awsAddressesOf>;
  /** A shell command to which `run FILE --yes` can be appended. */
  readonly drillCommand: string;
  processes(): Promise<Readonly<Record<string, RunningPart>>>;
  stop(name: AwsStoppableName): Promise<void>;
  start(name: AwsAppName): Promise<void>;
  /** Has billing-api accept a new key and no other, and delivers it to `.lab/billing-api/next-key`. */
  issueBillingKey(): Promise<void>;
  revokeBillingKey(): Promise<void>;
  /** What is not whole, a sentence each. */
  check(): Promise<readonly string[]>;
  down(): Promise<void>;
};

/** Starts moto in the place of AWS, and what works on it. Whatever goes wrong on the way, nothing is left behind. */
export async function startAwsLab(options: AwsLabOptions = {}): Promise<AwsLab> {
  const home = path.resolve(options.home ?? projectFolder);
  const {log = () => undefined, signal} = options;
  const python = await findMoto(process.env, log, signal);
  await refuseSecondLab(home);
  const ports = await chooseAwsPorts(options.ports ?? defaultPorts);
  const data = await mkdtemp(path.join(tmpdir(), 'offdrill-lab-'));
  const state: AwsState = {data, ports, variant: 'aws', processes: {}};
  try {
    await furnish(state, {home, python, log, signal});
    return openAwsLab(home, state);
  } catch (error) {
    await down(home, state);
    // Ctrl-C reaches what is being started too, which then fails in its own words.
    signal?.throwIfAborted();
    throw error;
  }
}

export function openAwsLab(home: string, state: AwsState): AwsLab {
  const {data} = state;
  const keys = path.join(data, 'billing-api');
  return {
    home,
    data,
    variant: 'aws',
    addresses: awsAddressesOf(state),
    drillCommand: drillCommandOf(home, data),
    processes: async () =>
      Object.fromEntries(
        Object.entries(readProcesses(state)).map(([name, part]) => [name, {pid: part.pid, running: isRunning(part)}]),
      ),
    stop: async (name) => stopApp(await current(home), name),
    start: async (name) => startAwsApp(await current(home), name),
    issueBillingKey: async () => void (await issueBillingKey(keys)),
    revokeBillingKey: () => revokeBillingKey(keys),
    check: () => checkAws(state),
    down: () => down(home, state),
  };
}

async function current(home: string): Promise<AwsState> {
  const state = await readState(home);
  if (state?.variant === 'aws') return state;
  throw new Error('No lab that stands in for AWS runs here. Start it: `npm run lab -- up --variant aws`.');
}

async function furnish(
  state: AwsState,
  {
    home,
    python,
    log,
    signal,
  }: {home: string; python: string; log: (line: string) => void; signal: AbortSignal | undefined},
): Promise<void> {
  const {data, ports} = state;
  const timed = timeWith({log, signal});
  await mkdir(path.join(data, 'logs'), {mode: 0o700});
  await linkHome(home, data);
  writeState(state);
  const endpoint = await timed(`moto ${motoVersion} up, in the place of AWS`, () =>
    startMoto({
      python,
      port: ports.aws,
      log: logOf(state, 'moto'),
      onStart: (started) => rememberProcess(state, 'moto', started),
    }),
  );
  const operator = await timed('users, a role, secrets, and everybody held to their rights', async () => {
    // The SDK takes a while to load, and no other command needs it.
    const {furnishAws} = await import('./furnish-aws.ts');
    return furnishAws({data, endpoint});
  });
  await writeSettings(state, operator);
  for (const name of awsAppNames) await timed(`${name} up`, () => startAwsApp(state, name));
}

async function writeSettings(state: AwsState, operator: string): Promise<void> {
  const vars = Object.entries(awsAddressesOf(state)).map(([name, address]) => `${name}: ${address}\n`);
  await writeFile(path.join(state.data, 'vars.yaml'), vars.join(''), {mode: 0o600});
  await writeFile(path.join(state.data, 'offdrill.env'), `OFFDRILL_AWS_CREDENTIALS='${operator}'\n`, {mode: 0o600});
}

async function down(home: string, state: AwsState): Promise<void> {
  const processes = {...state.processes, ...(await readStateIn(state.data))?.processes};
  await Promise.all(Object.values(processes).map((one) => stopProcess(one)));
  await removeHome(home, state.data);
}
