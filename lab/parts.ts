import path from 'node:path';
import {type AppName, appNames, isHealthy, startApp} from './apps.ts';
import {isContainerUp, startContainer, stopContainer} from './containers.ts';
import {postgresAnswers, postgresLogs, runPostgres} from './postgres.ts';
import {isRunning, stopProcess} from './processes.ts';
import {stopApp} from './run-app.ts';
import {changeProcesses, type LabState, readProcesses, rememberProcess} from './state.ts';
import {waitFor} from './wait-for.ts';

/** What can be stopped and started again. */
export const partNames = [...appNames, 'postgres'] as const;
export type PartName = AppName | 'postgres';

/** What can be stopped. OpenBao never comes back: its data is in memory. */
export const stoppableNames = [...partNames, 'openbao'] as const;
export type StoppableName = PartName | 'openbao';

export async function stopPart(state: LabState, name: StoppableName): Promise<void> {
  // PostgreSQL at once: sessions are cut, and the data is written.
  const signal = name === 'postgres' ? 'SIGINT' : 'SIGTERM';
  const container = state.containers?.[name];
  if (container !== undefined) return stopContainer(container, signal);
  if (name !== 'postgres' && name !== 'openbao') return stopApp(state, name);
  await changeProcesses(state, async () => {
    const running = state.processes[name];
    if (running !== undefined) await stopProcess(running, signal);
  });
}

/** Returns when it is healthy. Nothing happens when it runs already. */
export async function startPart(state: LabState, name: PartName): Promise<void> {
  const container = state.containers?.[name];
  if (container !== undefined) return startInContainer(state, name, container);
  if (name !== 'postgres') return startApp(state, name);
  await changeProcesses(state, async () => {
    const running = state.processes.postgres;
    if (running !== undefined && isRunning(running)) return;
    await runPostgres({
      folder: path.join(state.data, 'postgres'),
      logs: path.join(state.data, 'logs'),
      serverLogs: postgresLogs(state.data),
      port: state.ports.postgres,
      onStart: (started) => rememberProcess(state, 'postgres', started),
    });
  });
}

async function startInContainer(state: LabState, name: PartName, container: string): Promise<void> {
  await startContainer(container);
  const isUp =
    name === 'postgres'
      ? () => postgresAnswers({host: '127.0.0.1', port: state.ports.postgres})
      : () => isHealthy(state, name);
  await waitFor(`${name} is healthy`, 15_000, isUp);
}

export type RunningPart = {
  readonly running: boolean;
  readonly pid?: number;
  readonly container?: string;
  readonly credentials?: string;
};

/** The table, with what is so just now. */
export async function partsOf(state: LabState): Promise<Readonly<Record<string, RunningPart>>> {
  const processes = Object.entries(readProcesses(state)).map(([name, part]) => [
    name,
    {pid: part.pid, running: isRunning(part), ...(isApp(name) ? {credentials: part.credentials ?? name} : {})},
  ]);
  const containers = Object.entries(state.containers ?? {}).map(async ([name, container]) => [
    name,
    {
      container,
      running: await isContainerUp(container).catch(() => false),
      ...(isApp(name) ? {credentials: name} : {}),
    },
  ]);
  return Object.fromEntries([...processes, ...(await Promise.all(containers))]);
}

function isApp(name: string): name is AppName {
  return appNames.some((app) => app === name);
}
