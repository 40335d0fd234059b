import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {AuditReading, Context, DeclaredIdentity} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {type Actor, Actors, type DeclaredApprole, readIdentity} from './audit-actors.ts';
import type {AuditDevice, Start} from './audit-device.ts';
import {type AuditLine, isMint, parseLine} from './audit-line.ts';
import {AuditWindow} from './audit-window.ts';
import {pathOf} from './client.ts';
import type {VaultSession} from './session.ts';
import {uniteLines} from './unite-lines.ts';

type Ctx = Context<VaultSession>;

export type Notes = {
  /** Of each device, in the order in which they are declared. */
  readonly starts: readonly Start[];
  readonly nonces: readonly string[];
  /** Phases that this process marked in the log. */
  readonly marked: readonly string[];
  /** How many of this process's own calls were answered by then: each must stand in the log. */
  readonly answered: number;
  /** Of every process of the run. */
  readonly runAccessors: readonly string[];
  /** Of this process, which ends the run. */
  readonly lastAccessors: readonly string[];
  readonly known: Readonly<Record<string, Actor>>;
  readonly declared: readonly DeclaredApprole[];
};

const hashesAtOnce = 8;

/** What an audit source of Vault needs, whatever its devices are. */
export function auditNeeds(devices: readonly string[]) {
  return [
    ...devices.map((device) => ({path: pathOf('sys/audit-hash', device), capabilities: ['update']})),
    {path: 'auth/token/accessors/', capabilities: ['list', 'sudo']},
    {path: 'auth/token/lookup-accessor', capabilities: ['update']},
  ];
}

/**
 * Each log grows with the run's own calls, and the one that made its token is found in it; of a run that another process
 * goes on with, the one that made the first.
 */
export async function checkDevices(devices: readonly AuditDevice[], ctx: Ctx): Promise<void> {
  const {connection, clock, signal} = ctx;
  const {runAccessors} = connection;
  for (const device of devices) {
    const own = await forms(connection.runAccessor ?? '', device, ctx);
    const first = await forms(runAccessors[0] ?? '', device, ctx);
    const deadline = clock.now() + device.withinMs;
    for (;;) {
      const place = await device.find((text) => isMint(parseLine(text), own));
      if (place !== undefined) {
        const isFirst = runAccessors.length <= 1;
        const begun = isFirst ? place : await device.find((text) => isMint(parseLine(text), first));
        connection.auditStarts.set(device.log, begun ?? place);
        break;
      }
      if (clock.now() > deadline) throw notGrowing(device, connection.namespace);
      await clock.sleep(device.pauseMs, signal);
    }
  }
}

/** Taken while the run's token lives: hashes can't be asked for afterwards. */
export async function noteDevices(
  devices: readonly AuditDevice[],
  identities: readonly DeclaredIdentity[],
  ctx: Ctx,
): Promise<Notes> {
  const {connection} = ctx;
  const starts = devices.map((device) => {
    const start = connection.auditStarts.get(device.log);
    if (start === undefined) throw notGrowing(device, connection.namespace);
    return start;
  });
  const formsOf = async (accessor: string): Promise<readonly string[]> =>
    (await Promise.all(devices.map((device) => forms(accessor, device, ctx)))).flat();
  const declared = identities.map(readIdentity);
  const known: Record<string, Actor> = {};
  const learn = async (accessors: readonly string[], actor: Actor): Promise<void> => {
    for (let first = 0; first < accessors.length; first += hashesAtOnce) {
      const some = accessors.slice(first, first + hashesAtOnce);
      for (const form of (await Promise.all(some.map(formsOf))).flat()) known[form] = actor;
    }
  };
  for (const {role, approle, mount} of declared) {
    const tokens = await ctx.call('tokens', () => connection.inventory.everOf({approle, mount}, ctx.signal));
    await learn(
      tokens.map(({accessor}) => accessor),
      {kind: role, name: approle},
    );
  }
  await learn(connection.ownAccessors, {kind: 'run'});
  const everyForm: string[] = [];
  for (const accessor of connection.runAccessors) everyForm.push(...(await formsOf(accessor)));
  return {
    starts,
    lastAccessors: await formsOf(connection.runAccessor ?? ''),
    nonces: connection.nonces,
    marked: [...connection.marked],
    answered: connection.answered,
    runAccessors: everyForm,
    known,
    declared,
  };
}

/** The window, from the run's first event to its last, which may take its time to stand there. */
export async function readDevices(devices: readonly AuditDevice[], notes: Notes, ctx: Ctx): Promise<AuditReading> {
  const {clock, signal} = ctx;
  const deadline = clock.now() + Math.max(...devices.map(({withinMs}) => withinMs));
  for (;;) {
    const window = await readWindow(devices, notes, ctx);
    if (window.isComplete || window.isLost || clock.now() > deadline) return window.reading();
    await clock.sleep(Math.min(...devices.map(({pauseMs}) => pauseMs)), signal);
  }
}

async function readWindow(devices: readonly AuditDevice[], notes: Notes, ctx: Ctx): Promise<AuditWindow> {
  const {starts, known, declared, ...rest} = notes;
  const window = new AuditWindow({
    actors: new Actors(known, declared),
    namespace: ctx.connection.namespace,
    ...rest,
  });
  const [only, second] = devices;
  const [start] = starts;
  if (only !== undefined && start !== undefined && second === undefined) {
    for (const why of await only.read(
      start,
      skipTo(notes.runAccessors, only, (text) => window.add(text)),
    ))
      window.lose(why);
    return window;
  }
  const all: (AuditLine | undefined)[][] = [];
  for (const [index, device] of devices.entries()) {
    const lines: (AuditLine | undefined)[] = [];
    const from = starts[index];
    if (from === undefined) continue;
    const add = skipTo(notes.runAccessors, device, (text) => lines.push(parseLine(text)));
    for (const why of await device.read(from, add)) window.lose(`${why} (device ${device.name})`);
    all.push(lines);
  }
  for (const line of uniteLines(all)) window.addLine(line);
  return window;
}

/** A command may print more than the window: what stands before the run's own first event is no part of it. */
function skipTo(
  accessors: readonly string[],
  {isExact}: AuditDevice,
  each: (text: string) => void,
): (text: string) => void {
  let isBegun = isExact;
  return (text) => {
    isBegun ||= isMint(parseLine(text), accessors);
    if (isBegun) each(text);
  };
}

/**
 * As the device writes it: hashed with its own salt, or plain where it was told not to hash accessors. Only the root
 * namespace tells hashes; from any other, only a device with plain accessors can be read.
 */
async function forms(accessor: string, {name}: AuditDevice, ctx: Ctx): Promise<readonly string[]> {
  if (ctx.connection.namespace !== '') return [accessor];
  const request = {
    method: 'POST',
    path: pathOf('sys/audit-hash', name),
    body: {input: accessor},
    signal: ctx.signal,
  } as const;
  const answer = await ctx.connection.call(request);
  return [accessor, readBody(hashAnswer, answer, 'a hash').hash];
}

const hashAnswer = z.object({data: z.object({hash: z.string()})}).transform(({data}) => data);

function notGrowing({log, withinMs}: AuditDevice, namespace: string): DriverError {
  const plain =
    namespace === ''
      ? ''
      : ` In namespace \`${namespace}\` no hashes are told: the device must write accessors in clear (\`hmac_accessor = "false"\`).`;
  return new DriverError(
    `Expected ${log} to grow with the run's own calls within ${withinMs / 1000} s, and it does not hold them. Is it readable from here, and that of this Vault's device?${plain}`,
    {code: 'failed', detail: 'audit-not-growing'},
  );
}
