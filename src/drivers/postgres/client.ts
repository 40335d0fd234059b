import {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import type {ServerAddress} from './address.ts';
import {isFatal, isServerRefusal, TimeLimitError, toDriverError} from './failure.ts';

/** As libpq names them. `require` encrypts and asks nobody who he is. */
export type TlsMode = 'disable' | 'require' | 'verify-full';

export type Login = ServerAddress & {
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: TlsMode;
  /** In PEM; with `verify-full`, the only CA that is trusted. */
  readonly ca?: string;
  readonly applicationName: string;
  /** Bounds the login, and each question asked within a limit. */
  readonly timeoutMs: number;
  /** The server refuses every change otherwise. */
  readonly mayChange?: boolean;
};

export type Row = Readonly<Record<string, unknown>>;

/** One session with the server. All its errors are DriverErrors. */
export type Backend = {
  /** The server's process; 0 where a pooler names none. */
  readonly pid: number;
  /** True once the server or the network ended it. */
  isLost(): boolean;
  /** One statement. Waits as long as the server takes; a session that was ended answers with the first cause, always. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** As `query`; abandons the session where no answer comes in time. */
  queryWithin(signal: AbortSignal, text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  close(): Promise<void>;
};

/** Logs in, once, and never reconnects by itself: a client that does would hide what was revoked. */
export async function openBackend(login: Login, signal: AbortSignal): Promise<Backend> {
  const {default: pg} = await import('pg');
  const place = `PostgreSQL at ${login.host}:${login.port}/${login.database}`;
  const socket = guardReading(new Socket());
  const client = new pg.Client(clientConfig(login, socket));
  const limit = {socket, timeoutMs: login.timeoutMs, signal};
  let lost: unknown;
  // What follows from the end of a session (`Connection terminated unexpectedly`) may arrive before its SQLSTATE is read.
  const note = (error: unknown): void => {
    if (lost === undefined || (isServerRefusal(error) && !isServerRefusal(lost))) lost = error;
  };
  // By then the connection reads from the secured stream, which is another.
  client.connection.on('sslconnect', () => guardReading(client.connection.stream));
  client.on('error', note);
  // The crash of another server process is told by a warning; the socket is gone without a word then.
  client.on('notice', ({code}) => {
    if (code === crashed) note(Object.assign(new Error('ended by a crash'), {code, severity: 'FATAL'}));
  });
  client.on('end', () => note(new Error('Connection terminated')));

  try {
    await within(limit, client.connect());
  } catch (error) {
    socket.destroy();
    throw toDriverError(error, place);
  }

  const ask = async (text: string, values: readonly unknown[]): Promise<readonly Row[]> => {
    if (lost !== undefined) throw toDriverError(lost, place);
    try {
      const statement = {text, values: [...values], queryMode: 'extended'};
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } catch (error) {
      if (isFatal(error)) note(error);
      throw toDriverError(lost ?? error, place);
    }
  };

  return {
    pid: 'processID' in client && typeof client.processID === 'number' ? client.processID : 0,
    isLost: () => lost !== undefined,
    query: (text, values = []) => ask(text, values),
    queryWithin: async (giveUp, text, values = []) => {
      try {
        return await within({...limit, signal: giveUp}, ask(text, values));
      } catch (error) {
        if (error instanceof TimeLimitError) note(error);
        throw toDriverError(error, place);
      }
    },
    close: async () => {
      const ended = client.end().catch(() => undefined);
      await within({socket, timeoutMs: farewellMs}, ended).catch(() => undefined);
    },
  };
}

const farewellMs = 500;
const crashed = '57P02';

/** `pg` throws in the middle of its reading where it meets an authentication that it does not know; without this, that would end the process. */
function guardReading<S extends Duplex>(stream: S): S {
  const emit = stream.emit.bind(stream);
  stream.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'data') return emit(event, ...values);
    try {
      return emit(event, ...values);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error('unreadable answer'));
      return true;
    }
  };
  return stream;
}

/** Everything is said, so that no `PG…` variable of the environment can stand in for what is left out. */
function clientConfig(login: Login, socket: Socket) {
  return {
    host: login.host,
    port: login.port,
    database: login.database,
    user: login.user,
    password: login.password,
    application_name: login.applicationName,
    ssl: login.tls === 'disable' ? false : tlsOptions(login),
    sslnegotiation: 'postgres' as const,
    client_encoding: 'UTF8',
    replication: 'false',
    // A probe's statement that would write is refused by the server.
    options: `-c default_transaction_read_only=${login.mayChange === true ? 'off' : 'on'}`,
    connectionTimeoutMillis: 0,
    stream: () => socket,
  };
}

function tlsOptions({tls, ca}: Login) {
  return tls === 'require'
    ? {rejectUnauthorized: false}
    : {rejectUnauthorized: true, ...(ca === undefined ? {} : {ca})};
}

/** Waits for `work` until the time is over or the signal aborts, and destroys the socket then. */
async function within<T>(
  limit: {readonly socket: Socket; readonly timeoutMs: number; readonly signal?: AbortSignal},
  work: Promise<T>,
): Promise<T> {
  const {socket, signal} = limit;
  const gaveUp = Promise.withResolvers<never>();
  const giveUp = (): void => {
    gaveUp.reject(new TimeLimitError('no answer in time'));
    socket.destroy();
  };
  const timer = setTimeout(giveUp, limit.timeoutMs);
  signal?.addEventListener('abort', giveUp, {once: true});
  if (signal?.aborted === true) giveUp();
  try {
    return await Promise.race([work, gaveUp.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}
