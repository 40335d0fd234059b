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

const shared = {
  /** The folder with everything that the lab keeps; `<home>/.lab` is a link to it. */
  data: z.string(),
  processes: z.record(z.string(), labProcess),
};

const shopState = z.object({
  ...shared,
  ports: z.object({
    vault: z.number(),
    postgres: z.number(),
    'orders-mcp': z.number(),
    checkout: z.number(),
    assistant: z.number(),
  }),
  variant: z.enum(variantNames).default('dynamic'),
  /** Names of those that run in containers instead. */
  containers: z.record(z.string(), z.string()).optional(),
});

const awsState = z.object({
  ...shared,
  ports: z.object({aws: z.number(), 'billing-api': z.number(), 'billing-mcp': z.number(), reporting: z.number()}),
  variant: z.literal('aws'),
});

const stateSchema = z.union([awsState, shopState]);

export type LabState = z.infer<typeof shopState>;
export type LabPorts = LabState['ports'];
export type AwsState = z.infer<typeof awsState>;
export type AwsPorts = AwsState['ports'];
export type AnyState = LabState | AwsState;

/** Undefined where no lab is. */
export async function readState(home: string): Promise<AnyState | undefined> {
  return readStateIn(path.join(home, '.lab'));
}

export async function readStateIn(data: string): Promise<AnyState | undefined> {
  const text = await readFile(path.join(data, 'state.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const state = stateSchema.parse(JSON.parse(text));
  // A container knows the folder by another path than whoever reads this.
  return {...state, data: await realpath(data)};
}

/** At once, so that a process that was started can be ended by `down`, whatever comes after. */
export function writeState(state: AnyState): void {
  const file = path.join(state.data, 'state.json');
  writeFileSync(`${file}.part`, JSON.stringify(state, null, 2), {mode: 0o600});
  renameSync(`${file}.part`, file);
}

/** Changes what runs, on the table as it is then, while nobody else does: a supervisor starts processes too. */
export async function changeProcesses<T>(state: AnyState, act: () => Promise<T>): Promise<T> {
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
export function rememberProcess(state: AnyState, name: string, started: LabState['processes'][string]): void {
  state.processes = {...readProcesses(state), [name]: started};
  writeState(state);
}

export function readProcesses({data}: AnyState): LabState['processes'] {
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

export function awsAddressesOf({ports}: AwsState) {
  return {
    aws: `http://127.0.0.1:${ports.aws}`,
    'billing-api': `http://127.0.0.1:${ports['billing-api']}`,
    'billing-mcp': `http://127.0.0.1:${ports['billing-mcp']}/mcp`,
    reporting: `http://127.0.0.1:${ports.reporting}`,
  };
}
