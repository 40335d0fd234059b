import path from 'node:path';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {AuditSource, Context, DeclaredIdentity} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {type Actor, Actors, type DeclaredApprole} from './audit-actors.ts';
import {isMint, parseLine} from './audit-line.ts';
import {findLineBackwards, type Place, readLinesFrom} from './audit-log-file.ts';
import {AuditWindow} from './audit-window.ts';
import {pathOf} from './client.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  path: z.string().min(1).meta({description: 'The file of the device, readable from here'}),
  device: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .default('main')
    .meta({description: 'The name of the audit device'}),
});
type Input = z.infer<typeof input>;

type Notes = {
  readonly start: Place;
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

const growsWithinMs = 2000;
const pauseMs = 25;
const hashesAtOnce = 8;

export const auditFile: AuditSource<Input, Notes, VaultSession> = {
  description: 'A file audit device, read from the run’s own first event to its last.',
  input,
  needs: ({device}) => [
    {path: pathOf('sys/audit-hash', device), capabilities: ['update']},
    {path: 'auth/token/accessors/', capabilities: ['list', 'sudo']},
    {path: 'auth/token/lookup-accessor', capabilities: ['update']},
  ],

  /** The file grows with the run's own calls, and the one that made its token is found in it; of a run that another process goes on with, the one that made the first. */
  check: async (given, ctx) => {
    const {connection, clock, signal} = ctx;
    const file = path.resolve(ctx.base, given.path);
    const {runAccessors} = connection;
    const accessors = await forms(connection.runAccessor ?? '', given, ctx);
    const first = await forms(runAccessors[0] ?? '', given, ctx);
    const deadline = clock.now() + growsWithinMs;
    for (;;) {
      const place = await findLineBackwards(file, (text) => isMint(parseLine(text), accessors));
      if (place !== undefined) {
        const isFirst = runAccessors.length <= 1;
        const begun = isFirst ? place : await findLineBackwards(file, (text) => isMint(parseLine(text), first));
        connection.auditStarts.set(file, begun ?? place);
        return;
      }
      if (clock.now() > deadline) throw notGrowing(file, connection.namespace);
      await clock.sleep(pauseMs, signal);
    }
  },

  note: async (given, identities, ctx) => {
    const {connection} = ctx;
    const file = path.resolve(ctx.base, given.path);
    const start = connection.auditStarts.get(file);
    if (start === undefined) throw notGrowing(file, connection.namespace);
    const declared = identities.map(readIdentity);
    const known: Record<string, Actor> = {};
    const learn = async (accessors: readonly string[], actor: Actor): Promise<void> => {
      for (let first = 0; first < accessors.length; first += hashesAtOnce) {
        const some = accessors.slice(first, first + hashesAtOnce);
        for (const form of (await Promise.all(some.map((accessor) => forms(accessor, given, ctx)))).flat())
          known[form] = actor;
      }
    };
    for (const {role, approle, mount} of declared) {
      const tokens = await ctx.call('tokens', () => connection.tokensEverOf({approle, mount}, ctx.signal));
      await learn(
        tokens.map(({accessor}) => accessor),
        {kind: role, name: approle},
      );
    }
    await learn(connection.ownAccessors, {kind: 'run'});
    const lastAccessors = await forms(connection.runAccessor ?? '', given, ctx);
    const everyForm: string[] = [];
    for (const accessor of connection.runAccessors) everyForm.push(...(await forms(accessor, given, ctx)));
    return {
      start,
      nonces: connection.nonces,
      marked: [...connection.marked],
      answered: connection.answered,
      runAccessors: everyForm,
      lastAccessors,
      known,
      declared,
    };
  },

  read: async (given, notes, ctx) => {
    const {clock, signal} = ctx;
    const file = path.resolve(ctx.base, given.path);
    const window = new AuditWindow({
      actors: new Actors(notes.known, notes.declared),
      runAccessors: notes.runAccessors,
      lastAccessors: notes.lastAccessors,
      nonces: notes.nonces,
      namespace: ctx.connection.namespace,
      marked: notes.marked,
      answered: notes.answered,
    });
    const deadline = clock.now() + growsWithinMs;
    let place = notes.start;
    for (;;) {
      const read = await readLinesFrom(file, place, (text) => window.add(text));
      if (!read.ok) {
        window.gap(read.error);
        break;
      }
      place = read.value;
      if (window.isComplete || clock.now() > deadline) break;
      await clock.sleep(pauseMs, signal);
    }
    return window.reading();
  },
};

/**
 * As the device writes it: hashed with its own salt, or plain where it was told not to hash accessors. Only the root
 * namespace tells hashes; from any other, only a device with plain accessors can be read.
 */
async function forms(accessor: string, {device}: Input, ctx: Context<VaultSession>): Promise<readonly string[]> {
  if (ctx.connection.namespace !== '') return [accessor];
  const request = {
    method: 'POST',
    path: pathOf('sys/audit-hash', device),
    body: {input: accessor},
    signal: ctx.signal,
  } as const;
  const answer = await ctx.connection.call(request);
  return [accessor, readBody(hashAnswer, answer, 'a hash').hash];
}

const hashAnswer = z.object({data: z.object({hash: z.string()})}).transform(({data}) => data);

const identitySchema = z.object({approle: z.string(), mount: z.string().default('approle')});

function readIdentity({role, spec}: DeclaredIdentity): DeclaredApprole {
  return {role, ...identitySchema.parse(spec)};
}

function notGrowing(file: string, namespace: string): DriverError {
  const plain =
    namespace === ''
      ? ''
      : ` In namespace \`${namespace}\` no hashes are told: the device must write accessors in clear (\`hmac_accessor = "false"\`).`;
  return new DriverError(
    `Expected the audit log \`${file}\` to grow with the run's own calls within 2 s, and it does not hold them. Is it readable from here, and the file of this Vault's device?${plain}`,
    {code: 'failed', detail: 'audit-not-growing'},
  );
}
