import pg from 'pg';
import type {Credentials} from './credentials.ts';

const sessions = 3;
const busyMs = 200;
/** When so much of its life is left, a database user is replaced. */
const aheadShare = 1 / 3;

type Opened = {readonly pool: pg.Pool; readonly queries: Set<Promise<unknown>>};
type Rows = readonly Record<string, unknown>[];

/** A busy pool on a database user. When the database refuses it, or the user nears its end, it is opened anew on a new user. */
export class Database {
  readonly #credentials: Credentials;
  readonly #address: string;
  #opened: Promise<Opened> | undefined;
  #replaceAt = 0;

  constructor(credentials: Credentials, address: string) {
    this.#credentials = credentials;
    this.#address = address;
  }

  /** Opens every session of the pool, and keeps each of them busy. */
  async start(): Promise<void> {
    await this.query('select 1');
    const keepBusy = (): void => {
      for (let index = 0; index < sessions; index++) this.query('select count(*) from orders').catch(() => undefined);
    };
    keepBusy();
    setInterval(keepBusy, busyMs);
  }

  /** One statement; a second try on a new user where the first was lost or refused. */
  async query(sql: string, values: readonly unknown[] = []): Promise<Rows> {
    const opened = await this.#open();
    try {
      return await ask(opened, sql, values);
    } catch (error) {
      if (!isLost(error)) throw error;
      await this.#drop(opened);
      return ask(await this.#open(), sql, values);
    }
  }

  #open(): Promise<Opened> {
    if (this.#opened !== undefined && Date.now() > this.#replaceAt) {
      this.#opened.then(retire).catch(() => undefined);
      this.#opened = undefined;
    }
    this.#opened ??= this.#create().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #create(): Promise<Opened> {
    const {username, password, endsAt} = await this.#credentials.takeDatabaseUser();
    const now = Date.now();
    this.#replaceAt = now + (endsAt - now) * (1 - aheadShare);
    const [host = '', port = ''] = this.#address.split(':');
    const pool = new pg.Pool({
      host,
      port: Number(port),
      database: 'shop',
      user: username,
      password,
      max: sessions,
      min: sessions,
      idleTimeoutMillis: 0,
      ssl: false,
    });
    pool.on('error', () => undefined);
    return {pool, queries: new Set()};
  }

  async #drop(opened: Opened): Promise<void> {
    const current = await this.#opened?.catch(() => undefined);
    if (current !== opened) return;
    this.#opened = undefined;
    retire(opened).catch(() => undefined);
  }
}

async function ask({pool, queries}: Opened, sql: string, values: readonly unknown[]): Promise<Rows> {
  const answer = pool.query<Record<string, unknown>>(sql, [...values]);
  queries.add(answer);
  try {
    return (await answer).rows;
  } finally {
    queries.delete(answer);
  }
}

/** Ends a pool that nobody asks any more. One that is told to end leaves those who wait for a session waiting forever. */
async function retire({pool, queries}: Opened): Promise<void> {
  await Promise.allSettled(queries);
  await pool.end();
}

/** The session was ended, or the user may not log in any more: a new user may help. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^(57P0|28|08|ECONN|EPIPE)/.test(code) || /terminated|not queryable/.test(error.message);
}
