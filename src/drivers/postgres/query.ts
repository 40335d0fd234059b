import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Context, HeldProbe, Probe} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import type {Backend} from './client.ts';
import {observeHeldRefusal, observeRefusal, observeTrouble} from './observe-failure.ts';
import {quoteIdentifier} from './quote.ts';
import {roleField} from './role.ts';
import type {PostgresSession} from './session.ts';
import {whatIsLeft} from './what-is-left.ts';

const input = z.strictObject({
  as: z
    .object({username: z.string().min(1), password: secretString('password of the probed database user')})
    .optional()
    .meta({
      description: 'Whom to log in as, such as a capture of `vault/database-credential`; else the connection’s user',
    }),
  'set-role': roleField
    .optional()
    .meta({description: 'A role to become by SET ROLE before asking; of a held session once, when it opens'}),
  sql: z.string().min(1).meta({description: 'One statement that only reads'}),
});

type Input = z.infer<typeof input>;

/** Logs in anew for every sample; as `session: held` logs in once and asks again and again. */
export const query: Probe<Input, PostgresSession> = {
  description: 'Whether a database user can log in and read.',
  input,
  carriesCredential: () => true,
  observe: async (given, ctx) => {
    try {
      const backend = await open(given, ctx);
      try {
        await backend.queryWithin(ctx.signal, given.sql);
      } finally {
        await backend.close();
      }
      return allowed;
    } catch (error) {
      return observeLogin(error, given, ctx);
    }
  },
  hold,
};

async function observeLogin(error: unknown, {as}: Input, ctx: Context<PostgresSession>): Promise<Observation> {
  const seen = observeRefusal(error);
  if (seen.state !== 'denied' || as === undefined) return seen;
  try {
    return {...seen, ...(await whatIsLeft(as.username, seen.code, ctx))};
  } catch (trouble) {
    return observeTrouble(trouble);
  }
}

const allowed: Observation = {state: 'allowed', code: 'ok'};

/** Never opened again: once the server ended it, every later sample answers with that first cause. */
async function hold(given: Input, ctx: Context<PostgresSession>): Promise<HeldProbe> {
  const backend = await open(given, ctx);
  ctx.own('session', String(backend.pid));
  const ask = () => backend.query(given.sql).then(() => allowed, observeHeldRefusal);
  let lastTurn: Promise<unknown> = Promise.resolve();
  return {
    // A question without an answer is waited for, not abandoned: giving it up would end the session that is watched.
    observe: async (signal) => {
      const turn = lastTurn.then(() => (signal.aborted ? timedOut : ask()));
      lastTurn = turn.catch(() => undefined);
      return unlessAborted(signal, turn);
    },
    close: () => backend.close(),
  };
}

async function open({as, 'set-role': role}: Input, {connection, signal}: Context<PostgresSession>): Promise<Backend> {
  const backend = await connection.logIn(as, signal);
  if (role === undefined) return backend;
  try {
    await backend.queryWithin(signal, `set role ${quoteIdentifier(role)}`);
    return backend;
  } catch (error) {
    await backend.close();
    throw error;
  }
}

const timedOut: Observation = {state: 'unreachable', code: 'TIMEOUT'};

async function unlessAborted(signal: AbortSignal, turn: Promise<Observation>): Promise<Observation> {
  const aborted = Promise.withResolvers<Observation>();
  const onAbort = (): void => aborted.resolve(timedOut);
  signal.addEventListener('abort', onAbort, {once: true});
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([turn, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
