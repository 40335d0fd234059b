import path from 'node:path';
import {type AppName, appNames, startApp, stopApp} from './apps.ts';
import {runPostgres} from './postgres.ts';
import {isRunning, stopProcess} from './processes.ts';
import {type LabState, rememberProcess} from './state.ts';

export const partNames = [...appNames, 'postgres'] as const;
/** What can be stopped and started again. OpenBao can't: its data is in memory. */
export type PartName = AppName | 'postgres';

export async function stopPart(state: LabState, name: PartName): Promise<void> {
  if (name !== 'postgres') return stopApp(state, name);
  const running = state.processes.postgres;
  // At once: sessions are cut, and the data is written.
  if (running !== undefined) await stopProcess(running, 'SIGINT');
}

/** Returns when it is healthy. Nothing happens when it runs already. */
export async function startPart(state: LabState, name: PartName): Promise<void> {
  if (name !== 'postgres') return startApp(state, name);
  const running = state.processes.postgres;
  if (running !== undefined && isRunning(running)) return;
  await runPostgres({
    folder: path.join(state.data, 'postgres'),
    logs: path.join(state.data, 'logs'),
    port: state.ports.postgres,
    onStart: (started) => rememberProcess(state, 'postgres', started),
  });
}
