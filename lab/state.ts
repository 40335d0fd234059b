import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import {readFile, realpath} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {withLock} from './lock.ts';
import {variantNames} from './variants.ts';

const labProcess = z.object({
  pid: z.number(),
  startedAt: z.string(),
  /** Whose credentials an app runs on, where they are not its own. */
  credentials: z.string().optional(),
});

const stateSchema = z.object({
  /** The folder with everything that the lab keeps; `<home>/.lab` is a link to it. */
  data: z.string(),
  ports: z.object({
    vault: z.number(),
    postgres: z.number(),
    'orders-mcp': z.number(),
    checkout: z.number(),
    assistant: z.number(),
  }),
  variant: z.enum(variantNames).default('dynamic'),
  processes: z.record(z.string(), labProcess),
  /** Names of those that run in containers instead. */
  containers: z.record(z.string(), z.string()).optional(),
});

export type LabState = z.infer<typeof stateSchema>;
export type LabPorts = LabState['ports'];

/** Undefined where no lab is. */
export async function readState(home: string): Promise<LabState | undefined> {
  return readStateIn(path.join(home, '.lab'));
}

export async function readStateIn(data: string): Promise<LabState | undefined> {
  const text = await readFile(path.join(data, 'state.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const state = stateSchema.parse(JSON.parse(text));
  // A container knows the folder by another path than whoever reads this.
  return {...state, data: await realpath(data)};
}

/** At once, so that a process that was started can be ended by `down`, whatever comes after. */
export function writeState(state: LabState): void {
  const file = path.join(state.data, 'state.json');
  writeFileSync(`${file}.part`, JSON.stringify(state, null, 2), {mode: 0o600});
  renameSync(`${file}.part`, file);
}

/** Changes what runs, on the table as it is then, while nobody else does: a supervisor starts processes too. */
export async function changeProcesses<T>(state: LabState, act: () => Promise<T>): Promise<T> {
  return withLock(path.join(state.data, 'state.lock'), async () => {
    state.processes = readProcesses(state);
    return act();
  });
}

/** So that `down` ends it. */
export function rememberContainer(state: LabState, name: string, container: string): void {
  state.containers = {...state.containers, [name]: container};
  writeState(state);
}

/** Only this process's place in the table changes. */
export function rememberProcess(state: LabState, name: string, started: LabState['processes'][string]): void {
  state.processes = {...readProcesses(state), [name]: started};
  writeState(state);
}

export function readProcesses({data}: LabState): LabState['processes'] {
  return stateSchema.parse(JSON.parse(readFileSync(path.join(data, 'state.json'), 'utf8'))).processes;
}

export function addressesOf({ports}: LabState) {
  return {
    vault: `http://127.0.0.1:${ports.vault}`,
    postgres: `127.0.0.1:${ports.postgres}`,
    'orders-mcp': `http://127.0.0.1:${ports['orders-mcp']}/mcp`,
    checkout: `http://127.0.0.1:${ports.checkout}`,
    assistant: `http://127.0.0.1:${ports.assistant}`,
  };
}
