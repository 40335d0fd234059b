import path from 'node:path';
import {compiledFolder} from './compiled.ts';
import {isRunning, refuseIfEnded, startProcess, stopProcess} from './processes.ts';
import {addressesOf, changeProcesses, type LabState, rememberProcess} from './state.ts';
import {variants} from './variants.ts';
import {waitFor} from './wait-for.ts';

export const appNames = ['orders-mcp', 'checkout', 'assistant'] as const;
export type AppName = (typeof appNames)[number];

/**
 * Starts one app, and returns when it is healthy. One that runs on its own credentials is left as it is; one on others'
 * gives way to its own, never the other way round.
 */
export async function startApp(state: LabState, name: AppName, credentials: string = name): Promise<void> {
  const log = logOf(state, name);
  const started = await changeProcesses(state, async () => {
    const running = state.processes[name];
    if (running !== undefined && isRunning(running)) {
      if (running.credentials === undefined || credentials !== name) return running;
      await stopProcess(running);
    }
    const launched = launchApp(state, name, credentials);
    rememberProcess(state, name, launched);
    return launched;
  });
  await waitFor(`${name} is healthy`, 10_000, () => {
    refuseIfEnded(name, started, log);
    return isHealthy(state, name);
  });
}

function launchApp(state: LabState, name: AppName, credentials: string): LabState['processes'][string] {
  const {data, ports} = state;
  const addresses = addressesOf(state);
  const file = new URL(`./apps/${name}.ts`, import.meta.url).pathname;
  const started = startProcess([process.execPath, file], {
    log: logOf(state, name),
    cwd: data,
    env: {
      NODE_COMPILE_CACHE: compiledFolder(),
      LAB_HOST: '127.0.0.1',
      LAB_PORT: String(ports[name]),
      LAB_VAULT: addresses.vault,
      LAB_POSTGRES: addresses.postgres,
      LAB_ORDERS_MCP: addresses['orders-mcp'],
      LAB_CREDENTIALS: path.join(data, credentials),
      LAB_DATABASE_CREDENTIAL: databaseCredentialOf(state, name),
      LAB_CALLS_LOG: path.join(data, 'logs', `${name}.calls.ndjson`),
    },
  });
  return credentials === name ? started : {...started, credentials};
}

function logOf({data}: LabState, name: string): string {
  return path.join(data, 'logs', `${name}.log`);
}

/** Where in Vault the app's database user is. */
function databaseCredentialOf(state: LabState, name: AppName): string {
  const shared = variants[state.variant].static;
  return shared?.apps.includes(name) === true ? `database/static-creds/${shared.role}` : `database/creds/${name}`;
}

/** Also one that a supervisor is just starting. */
export async function stopApp(state: LabState, name: AppName): Promise<void> {
  await changeProcesses(state, async () => {
    const running = state.processes[name];
    if (running !== undefined) await stopProcess(running);
  });
}

export async function isHealthy({ports}: LabState, name: AppName): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${ports[name]}/healthz`, {signal: AbortSignal.timeout(2000)});
  return response.ok;
}

/** Watches orders-mcp from outside, and starts it again on credentials of its own. */
export function startSupervisor(state: LabState): void {
  const {data} = state;
  const file = new URL('./apps/supervisor.ts', import.meta.url).pathname;
  const started = startProcess([process.execPath, file], {
    log: logOf(state, 'supervisor'),
    cwd: data,
    env: {NODE_COMPILE_CACHE: compiledFolder(), LAB_DATA: data},
  });
  rememberProcess(state, 'supervisor', started);
}
