import {renameSync, writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const labProcess = z.object({pid: z.number(), startedAt: z.string()});

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
  processes: z.record(z.string(), labProcess),
});

export type LabState = z.infer<typeof stateSchema>;
export type LabPorts = LabState['ports'];

/** Undefined where no lab is. */
export async function readState(home: string): Promise<LabState | undefined> {
  const text = await readFile(path.join(home, '.lab', 'state.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
}

/** At once, so that a process that was started can be ended by `down`, whatever comes after. */
export function writeState(state: LabState): void {
  const file = path.join(state.data, 'state.json');
  writeFileSync(`${file}.part`, JSON.stringify(state, null, 2), {mode: 0o600});
  renameSync(`${file}.part`, file);
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
