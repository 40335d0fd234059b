import pg from 'pg';
import type {Credentials} from './credentials.ts';

const sessions = 3;
const busyMs = 200;
/** When so much of its life is left, a database user is replaced. */
const aheadShare = 1 / 3;

/** A busy pool on a dynamic user. When the database refuses it, or the user nears its end, it is opened anew on a new user. */
export class Database {
  readonly #credentials: Credentials;
  readonly #address: string;
  #pool: Promise<pg.Pool> | undefined;
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
  async query(sql: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
    const pool = await this.#open();
    try {
      return (await pool.query<Record<string, unknown>>(sql, [...values])).rows;
    } catch (error) {
      if (!isLost(error)) throw error;
      await this.#drop(pool);
      return (await (await this.#open()).query<Record<string, unknown>>(sql, [...values])).rows;
    }
  }

  #open(): Promise<pg.Pool> {
    if (this.#pool !== undefined && Date.now() > this.#replaceAt) {
      this.#pool.then((pool) => pool.end()).catch(() => undefined);
      this.#pool = undefined;
    }
    this.#pool ??= this.#create().catch((error: unknown) => {
      this.#pool = undefined;
      throw error;
    });
    return this.#pool;
  }

  async #create(): Promise<pg.Pool> {
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
    return pool;
  }

  async #drop(pool: pg.Pool): Promise<void> {
    const current = await this.#pool?.catch(() => undefined);
    if (current !== pool) return;
    this.#pool = undefined;
    pool.end().catch(() => undefined);
  }
}

/** The session was ended, or the user may not log in any more: a new user may help. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^(57P0|28|08|ECONN|EPIPE)/.test(code) || /terminated|not queryable/.test(error.message);
}
