import {hostname} from 'node:os';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import {readBody} from './answers.ts';
import {pathOf} from './client.ts';
import type {VaultAnswer, VaultRequest} from './exchange.ts';
import {refusedBy} from './failure.ts';
import {pathField} from './fields.ts';

export const lockField = z
  .strictObject({
    mount: pathField.meta({description: 'Where a KV engine (version 2) is mounted'}),
    path: pathField.meta({description: 'The path of the lock in it, of one integration alone'}),
  })
  .meta({
    description:
      'Holds a lock here as long as the run goes on, so that no other machine runs a drill of the same integration meanwhile',
  });
export type LockPlace = z.infer<typeof lockField>;

/** What the lock is written through: calls with the run's own token. */
type Server = {
  readonly address: string;
  call(request: Omit<VaultRequest, 'token'>): Promise<VaultAnswer>;
  ask(request: Omit<VaultRequest, 'token'>): Promise<VaultAnswer>;
  serverTime(signal: AbortSignal): Promise<number | undefined>;
};

type Wish = {
  readonly run: string;
  /** Expired by the server's own clock so long after it was written, in milliseconds. */
  readonly lifetimeMs: number;
  /** Whoever holds it is gone for good. */
  readonly takesOver: boolean;
};

export type HeldLock = {readonly place: LockPlace; readonly run: string};

const holderSchema = z.object({
  'offdrill-lock': z.enum(['held', 'released']),
  run: z.string(),
  host: z.string(),
  'lifetime-ms': z.number(),
});
type Holder = z.infer<typeof holderSchema>;

/** Who writes between our look and our write wins, and is looked at again. */
const attempts = 10;

/**
 * Takes the lock by compare-and-set: of all who found the same version free, the server lets one write the next. Free is
 * what nobody wrote, what was released, what is past its lifetime, and what this very run holds already. Throws a conflict
 * with the detail `locked` where another run holds it.
 */
export async function takeLock(server: Server, place: LockPlace, wish: Wish, signal: AbortSignal): Promise<void> {
  await expectVersions(server, place, signal);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const {version, holder, writtenAt} = await readLock(server, place, signal);
    if (holder?.['offdrill-lock'] === 'held' && holder.run !== wish.run && !wish.takesOver) {
      const endsAt = writtenAt + holder['lifetime-ms'];
      if (endsAt > (await timeOf(server, signal))) throw lockedBy(place, holder, endsAt);
    }
    const next: Holder = {
      'offdrill-lock': 'held',
      run: wish.run,
      host: hostname(),
      'lifetime-ms': wish.lifetimeMs,
    };
    if (await writeNext(server, place, {version, next}, signal)) return;
  }
  throw new DriverError(
    `Expected to write the lock ${nameOf(place)}, and others were faster ${attempts} times. Run again.`,
    {code: 'conflict', detail: 'locked'},
  );
}

/** Where it is this run's. A lock that was lost meanwhile is somebody else's by now, and stays. */
export async function releaseLock(server: Server, {place, run}: HeldLock, signal: AbortSignal): Promise<void> {
  const {version, holder} = await readLock(server, place, signal);
  if (holder?.run !== run || holder['offdrill-lock'] !== 'held') return;
  const next: Holder = {'offdrill-lock': 'released', run, host: hostname(), 'lifetime-ms': 0};
  await writeNext(server, place, {version, next}, signal);
}

/** The rights that this takes. */
export function lockNeed(place: LockPlace): {readonly path: string; readonly capabilities: readonly string[]} {
  return {path: dataPath(place), capabilities: ['create', 'read', 'update']};
}

/** The first version of the engine knows no compare-and-set, and would let everybody win. */
async function expectVersions(server: Server, {mount}: LockPlace, signal: AbortSignal): Promise<void> {
  const request = {method: 'GET', path: pathOf('sys/internal/ui/mounts', mount), signal} as const;
  const answer = await server.ask(request);
  // 403: there is none, or none that this token may see.
  const found = answer.status === 200 ? mountAnswer.safeParse(answer.body).data?.data : undefined;
  if (answer.status !== 200 && answer.status !== 403) throw refusedBy(request, answer, server.address);
  if (found?.type === 'kv' && found.options?.version === '2') return;
  const what = found === undefined ? 'nothing that this token may see' : `a ${found.type} engine without versions`;
  throw new DriverError(
    `Expected a KV engine of version 2 at \`${mount}\` for the lock, found ${what}. Correct \`lock\`, or enable versions.`,
    {code: 'rejected', detail: 'not-kv-2'},
  );
}

async function readLock(
  server: Server,
  place: LockPlace,
  signal: AbortSignal,
): Promise<{readonly version: number; readonly holder: Holder | undefined; readonly writtenAt: number}> {
  const request = {method: 'GET', path: dataPath(place), signal} as const;
  const answer = await server.ask(request);
  if (answer.status !== 200 && answer.status !== 404) throw refusedBy(request, answer, server.address);
  // A version that was deleted or destroyed answers 404, and says which one it was.
  const found = versionAnswer.safeParse(answer.body).data?.data;
  if (found === undefined) {
    if (answer.status === 200) readBody(versionAnswer, answer, 'a lock');
    return {version: 0, holder: undefined, writtenAt: 0};
  }
  const {version, created_time: writtenAt} = found.metadata;
  if (found.data === null) return {version, holder: undefined, writtenAt: 0};
  const holder = holderSchema.safeParse(found.data).data;
  if (holder === undefined) {
    throw new DriverError(
      `Expected a lock or nothing at ${nameOf(place)}, found something else. Choose a path for \`lock\` that nobody else uses.`,
      {code: 'conflict', detail: 'no-lock'},
    );
  }
  return {version, holder, writtenAt: Date.parse(writtenAt)};
}

/** False where somebody else had written the next version. */
async function writeNext(
  server: Server,
  place: LockPlace,
  {version, next}: {readonly version: number; readonly next: Holder},
  signal: AbortSignal,
): Promise<boolean> {
  const body = {options: {cas: version}, data: next};
  const request = {method: 'POST', path: dataPath(place), body, signal} as const;
  const answer = await server.ask(request);
  if (answer.status === 400 && JSON.stringify(answer.body).includes('check-and-set')) return false;
  if (answer.status !== 200) throw refusedBy(request, answer, server.address);
  return true;
}

async function timeOf(server: Server, signal: AbortSignal): Promise<number> {
  const time = await server.serverTime(signal);
  if (time !== undefined) return time;
  throw new DriverError(
    `Expected ${server.address} to say what time it is, and it does not: whether a lock has expired can't be told.`,
    {code: 'protocol', detail: 'no-time'},
  );
}

function lockedBy(place: LockPlace, {run, host}: Holder, endsAt: number): DriverError {
  return new DriverError(
    `Expected no other run of this integration, and \`${run}\` on ${host} holds the lock ${nameOf(place)} until ${new Date(endsAt).toISOString()}. Wait until it ends; if it was cut off, \`offdrill resume ${run}\` there brings back what it changed, and if that machine is gone for good, \`offdrill restore FILE --gone\` here.`,
    {code: 'conflict', detail: 'locked'},
  );
}

function dataPath({mount, path}: LockPlace): string {
  return pathOf(mount, 'data', path);
}

function nameOf({mount, path}: LockPlace): string {
  return `\`${mount}/${path}\``;
}

const mountAnswer = z.object({
  data: z.object({type: z.string(), options: z.object({version: z.string().optional()}).nullish()}),
});
const versionAnswer = z.object({
  data: z.object({
    data: z.record(z.string(), z.unknown()).nullable(),
    metadata: z.object({version: z.number(), created_time: z.string()}),
  }),
});
