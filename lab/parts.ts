import path from 'node:path';
import {type AppName, appNames, startApp, stopApp} from './apps.ts';
import {runPostgres} from './postgres.ts';
import {isRunning, stopProcess} from './processes.ts';
import {changeProcesses, type LabState, readProcesses, rememberProcess} from './state.ts';

/** What can be stopped and started again. */
export const partNames = [...appNames, 'postgres'] as const;
export type PartName = AppName | 'postgres';

/** What can be stopped. OpenBao never comes back: its data is in memory. */
export const stoppableNames = [...partNames, 'openbao'] as const;
export type StoppableName = PartName | 'openbao';

export async function stopPart(state: LabState, name: StoppableName): Promise<void> {
  if (name !== 'postgres' && name !== 'openbao') return stopApp(state, name);
  await changeProcesses(state, async () => {
    const running = state.processes[name];
    // PostgreSQL at once: sessions are cut, and the data is written.
    if (running !== undefined) await stopProcess(running, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  });
}

/** Returns when it is healthy. Nothing happens when it runs already. */
export async function startPart(state: LabState, name: PartName): Promise<void> {
  if (name !== 'postgres') return startApp(state, name);
  await changeProcesses(state, async () => {
    const running = state.processes.postgres;
    if (running !== undefined && isRunning(running)) return;
    await runPostgres({
      folder: path.join(state.data, 'postgres'),
      logs: path.join(state.data, 'logs'),
      port: state.ports.postgres,
      onStart: (started) => rememberProcess(state, 'postgres', started),
    });
  });
}

export type RunningPart = {readonly pid: number; readonly running: boolean; readonly credentials?: string};

/** The table, with what is so just now. */
export function partsOf(state: LabState): Readonly<Record<string, RunningPart>> {
  const parts = Object.entries(readProcesses(state)).map(([name, part]) => [
    name,
    {
      pid: part.pid,
      running: isRunning(part),
      ...(isApp(name) ? {credentials: part.credentials ?? name} : {}),
    },
  ]);
  return Object.fromEntries(parts);
}

function isApp(name: string): name is AppName {
  return appNames.some((app) => app === name);
}
