import path from 'node:path';
import {isRunning, refuseIfEnded, startProcess, stopProcess} from './processes.ts';
import {addressesOf, type LabState, writeState} from './state.ts';
import {waitFor} from './wait-for.ts';

export const appNames = ['orders-mcp', 'checkout', 'assistant'] as const;
export type AppName = (typeof appNames)[number];

/** Starts one app, and returns when it is healthy. Nothing happens when it runs already. */
export async function startApp(state: LabState, name: AppName): Promise<void> {
  const running = state.processes[name];
  if (running !== undefined && isRunning(running)) return;
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
      LAB_CREDENTIALS: path.join(data, name),
      LAB_CALLS_LOG: path.join(data, 'logs', `${name}.calls.ndjson`),
    },
  });
  state.processes[name] = started;
  writeState(state);
  await waitFor(`${name} is healthy`, 10_000, () => {
    refuseIfEnded(name, started, log);
    return isHealthy(state, name);
  });
}

export async function stopApp(state: LabState, name: AppName): Promise<void> {
  const running = state.processes[name];
  if (running !== undefined) await stopProcess(running);
}

export async function isHealthy({ports}: LabState, name: AppName): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${ports[name]}/healthz`, {signal: AbortSignal.timeout(2000)});
  return response.ok;
}
