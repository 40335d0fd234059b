import path from 'node:path';
import {compiledFolder} from './compiled.ts';
import {isRunning, type LabProcess, refuseIfEnded, startProcess, stopProcess} from './processes.ts';
import {type AnyState, changeProcesses, rememberProcess} from './state.ts';
import {waitFor} from './wait-for.ts';

/** One service of a lab: a file of `apps/`, and what it is told. */
export type App = {
  readonly name: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** Whose credentials it runs on, where they are not its own. */
  readonly credentials?: string;
};

/**
 * Starts one app, and returns when it is healthy. One that runs on its own credentials is left as it is; one on others'
 * gives way to its own, never the other way round.
 */
export async function runApp(state: AnyState, app: App): Promise<void> {
  const {name, port, credentials} = app;
  const started = await changeProcesses(state, async () => {
    const running = state.processes[name];
    if (running !== undefined && isRunning(running)) {
      if (running.credentials === undefined || credentials !== undefined) return running;
      await stopProcess(running);
    }
    const launched = {...launchApp(state, app), ...(credentials === undefined ? {} : {credentials})};
    rememberProcess(state, name, launched);
    return launched;
  });
  await waitFor(`${name} is healthy`, 10_000, () => {
    refuseIfEnded(name, started, logOf(state, name));
    return isHealthyAt(port);
  });
}

/** Also one that a supervisor is just starting. */
export async function stopApp(state: AnyState, name: string): Promise<void> {
  await changeProcesses(state, async () => {
    const running = state.processes[name];
    if (running !== undefined) await stopProcess(running);
  });
}

export async function isHealthyAt(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, {signal: AbortSignal.timeout(2000)});
  return response.ok;
}

export function logOf({data}: AnyState, name: string): string {
  return path.join(data, 'logs', `${name}.log`);
}

function launchApp(state: AnyState, {name, port, env}: App): LabProcess {
  const {data} = state;
  return startProcess([process.execPath, new URL(`./apps/${name}.ts`, import.meta.url).pathname], {
    log: logOf(state, name),
    cwd: data,
    env: {
      NODE_COMPILE_CACHE: compiledFolder(),
      LAB_HOST: '127.0.0.1',
      LAB_PORT: String(port),
      LAB_CALLS_LOG: path.join(data, 'logs', `${name}.calls.ndjson`),
      ...env,
    },
  });
}
