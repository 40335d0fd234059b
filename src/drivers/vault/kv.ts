import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context, Need} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {pathOf} from './client.ts';
import {refusedBy} from './failure.ts';
import {pathField} from './fields.ts';
import {everywhere} from './scope.ts';
import type {VaultSession} from './session.ts';

/** A secret of a KV engine, version 2. */
export const kvFields = {
  mount: pathField.default('secret').meta({description: 'Where the KV engine (version 2) is mounted'}),
  path: pathField.meta({description: 'The path of the secret in it'}),
};
export type KvSecret = {readonly mount: string; readonly path: string};

export type KvVersion = {readonly version: number; readonly is: 'readable' | 'deleted' | 'destroyed'};
export type KvMetadata = {readonly current: number; readonly versions: readonly KvVersion[]};

export function kvPath({mount, path}: KvSecret, part: 'data' | 'metadata' | 'delete' | 'destroy'): string {
  return pathOf(mount, part, path);
}

export function kvNeed(of: KvSecret, part: Parameters<typeof kvPath>[1], ...capabilities: readonly string[]): Need {
  return {path: kvPath(of, part), capabilities};
}

/** Where a secret can be written, brought back or taken away. */
export function kvScope({mount, path}: KvSecret): readonly string[] {
  const parts = ['data', 'metadata', 'delete', 'undelete', 'destroy'].map((part) => `${mount}/${part}/${path}`);
  return [...everywhere, ...parts, `${mount}/config`, `sys/mounts/${mount}*`];
}

/** Every version, also those that can't be read any more. Throws where there is no such secret, as a typo has none. */
export async function readMetadata(of: KvSecret, ctx: Context<VaultSession>): Promise<KvMetadata> {
  const request = {method: 'GET', path: kvPath(of, 'metadata'), signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (answer.status === 404) throw noSuchSecret(of);
  if (answer.status !== 200) throw refusedBy(request, answer, ctx.connection.address);
  const {current_version: current, versions} = readBody(metadataAnswer, answer, 'the versions of a secret').data;
  return {
    current,
    versions: Object.entries(versions).map(([version, state]) => ({
      version: Number(version),
      is: state.destroyed ? 'destroyed' : isPast(state.deletion_time, ctx) ? 'deleted' : 'readable',
    })),
  };
}

export function numbersOf(versions: readonly KvVersion[], is: KvVersion['is']): readonly number[] {
  return versions.filter((version) => version.is === is).map(({version}) => version);
}

/** A version may be given a time at which it deletes itself. */
function isPast(time: string, {clock}: Context<VaultSession>): boolean {
  return time !== '' && Date.parse(time) <= clock.now();
}

function noSuchSecret({mount, path}: KvSecret): DriverError {
  return new DriverError(
    `Expected a secret at \`${path}\` in the KV engine \`${mount}\`, found none. Correct the path, or the mount.`,
    {code: 'not-found', detail: 'no-such-secret'},
  );
}

const metadataAnswer = z.object({
  data: z.object({
    current_version: z.number(),
    versions: z.record(z.string(), z.object({deletion_time: z.string().default(''), destroyed: z.boolean()})),
  }),
});
