import path from 'node:path';
import {isRunning, refuseIfEnded, startProcess, stopProcess} from './processes.ts';
import {addressesOf, type LabState, rememberProcess} from './state.ts';
import {variants} from './variants.ts';
import {waitFor} from './wait-for.ts';

export const appNames = ['orders-mcp', 'checkout', 'assistant'] as const;
export type AppName = (typeof appNames)[number];

/** Starts one app, and returns when it is healthy. Nothing happens when it runs already, on its own credentials. */
export async function startApp(state: LabState, name: AppName, credentials: string = name): Promise<void> {
  const running = state.processes[name];
  if (running !== undefined && isRunning(running)) {
    if (running.credentials === undefined) return;
    await stopProcess(running);
  }
  const {data, ports} = state;
  const addresses = addressesOf(state);
  const file = new URL(`./apps/${name}.ts`, import.meta.url).pathname;
  const log = path.join(data, 'logs', `${name}.log`);
  const started = startProcess([process.execPath, file], {
    log,
    cwd: data,
    env: {
      LAB_PORT: String(ports[name]),
      LAB_VAULT: addresses.vault,
      LAB_POSTGRES: addresses.postgres,
      LAB_ORDERS_MCP: addresses['orders-mcp'],
      LAB_CREDENTIALS: path.join(data, credentials),
      LAB_DATABASE_CREDENTIAL: databaseCredentialOf(state, name),
      LAB_CALLS_LOG: path.join(data, 'logs', `${name}.calls.ndjson`),
    },
  });
  rememberProcess(state, name, credentials === name ? started : {...started, credentials});
  await waitFor(`${name} is healthy`, 10_000, () => {
    refuseIfEnded(name, started, log);
    return isHealthy(state, name);
  });
}

/** Where in Vault the app's database user is. */
function databaseCredentialOf(state: LabState, name: AppName): string {
  const shared = variants[state.variant].static;
  return shared?.apps.includes(name) === true ? `database/static-creds/${shared.role}` : `database/creds/${name}`;
}

export async function stopApp(state: LabState, name: AppName): Promise<void> {
  const running = state.processes[name];
  if (running !== undefined) await stopProcess(running);
}

export async function isHealthy({ports}: LabState, name: AppName): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${ports[name]}/healthz`, {signal: AbortSignal.timeout(2000)});
  return response.ok;
}

/** Watches orders-mcp from outside, and starts it again on credentials of its own. */
export function startSupervisor(state: LabState): void {
  const {data} = state;
  const file = new URL('./apps/supervisor.ts', import.meta.url).pathname;
  const log = path.join(data, 'logs', 'supervisor.log');
  const started = startProcess([process.execPath, file], {log, cwd: data, env: {LAB_DATA: data}});
  rememberProcess(state, 'supervisor', started);
}
