import path from 'node:path';
import {compiledFolder} from './compiled.ts';
import {startProcess} from './processes.ts';
import {isHealthyAt, logOf, runApp} from './run-app.ts';
import {addressesOf, type LabState, rememberProcess} from './state.ts';
import {variants} from './variants.ts';

export const appNames = ['orders-mcp', 'checkout', 'assistant'] as const;
export type AppName = (typeof appNames)[number];

/** Starts one app on its own credentials or, where they are named, on others', and returns when it is healthy. */
export async function startApp(state: LabState, name: AppName, credentials: string = name): Promise<void> {
  const addresses = addressesOf(state);
  await runApp(state, {
    name,
    port: state.ports[name],
    env: {
      LAB_VAULT: addresses.vault,
      LAB_POSTGRES: addresses.postgres,
      LAB_ORDERS_MCP: addresses['orders-mcp'],
      LAB_CREDENTIALS: path.join(state.data, credentials),
      LAB_DATABASE_CREDENTIAL: databaseCredentialOf(state, name),
    },
    ...(credentials === name ? {} : {credentials}),
  });
}

/** Where in Vault the app's database user is. */
function databaseCredentialOf(state: LabState, name: AppName): string {
  const shared = variants[state.variant].static;
  return shared?.apps.includes(name) === true ? `database/static-creds/${shared.role}` : `database/creds/${name}`;
}

export async function isHealthy({ports}: LabState, name: AppName): Promise<boolean> {
  return isHealthyAt(ports[name]);
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
