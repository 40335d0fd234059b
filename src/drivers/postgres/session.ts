import * as z from 'zod';
import type {Session} from '../../contract/driver.ts';
import type {Need} from '../../contract/operation.ts';
import type {Identity} from '../../contract/target.ts';
import type {Place} from '../log-file.ts';
import {type Backend, type Login, openBackend, type Row} from './client.ts';
import type {Recording} from './recording.ts';

/** A user to log in as, instead of the connection's own. */
export type Credential = {readonly username: string; readonly password: string};

/** The run's connection to one database: sessions for work, opened on use and again when lost, and one for the control. */
export class PostgresSession implements Session {
  /** Passwords that the run gave to roles, by oid: in memory alone, to be proven by logging in. */
  readonly givenPasswords = new Map<number, string>();
  /** The same as the server keeps them, by the name of the role. */
  readonly givenVerifiers = new Map<string, string>();
  /** Roles that the run changed, by name. */
  readonly changedRoles = new Set<string>();
  /** Present where a record of this server is to be read. */
  recording: Recording | undefined;
  /** Where in its log the run began. */
  logStart: Place | undefined;
  /** As `session_id` stands in the log, of every session over which the run changed something. */
  readonly ownLogSessions: string[] = [];
  readonly #login: Login;
  readonly #open = new Set<Backend>();
  #idle: Backend[] = [];
  #control: Backend | undefined;
  #isClosed = false;

  constructor(login: Login) {
    this.#login = login;
  }

  /** Whom the run works as. */
  get user(): string {
    return this.#login.user;
  }

  /** What every session of the run calls itself. */
  get applicationName(): string {
    return this.#login.applicationName;
  }

  /** The server processes that work for the run itself. They are never ended. */
  get ownPids(): readonly number[] {
    return [...this.#open].map((backend) => backend.pid);
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const [row] = await this.ask(identityRow, identitySql, [], signal);
    const {cluster = '', version = ''} = row ?? {};
    return {product: 'PostgreSQL', version, ...(cluster === '' ? {} : {cluster})};
  }

  async serverTime(signal: AbortSignal): Promise<number | undefined> {
    const [row] = await this.ask(timeRow, timeSql, [], signal);
    return row?.ms;
  }

  /** A control session that was ended says false once, and is opened anew the next time. */
  async control(signal: AbortSignal): Promise<boolean> {
    const kept = this.#control;
    this.#control = undefined;
    let backend = kept;
    try {
      backend ??= await this.#openBackend(signal);
      await backend.queryWithin(signal, 'select 1');
      if (this.#control !== undefined || this.#isClosed) await this.#discard(backend);
      else this.#control = backend;
      return true;
    } catch {
      if (backend !== undefined) await this.#discard(backend);
      return false;
    }
  }

  /** A need is a predefined role, of which the connection's user must have the rights. */
  async missing(needs: readonly Need[], signal: AbortSignal): Promise<readonly Need[]> {
    const rows = await this.ask(heldRow, heldSql, [needs.map((need) => need.path)], signal);
    const held = new Set(rows.map((row) => row.name));
    return needs.filter((need) => !held.has(need.path));
  }

  /** Asks one question over a work session of its own while it lasts, so that nobody waits for another. */
  async ask<T>(row: z.ZodType<T>, text: string, values: readonly unknown[], signal: AbortSignal): Promise<T[]> {
    const backend = this.#takeIdle() ?? (await this.#openBackend(signal));
    let rows: readonly Row[];
    try {
      rows = await backend.queryWithin(signal, text, values);
    } finally {
      if (backend.isLost() || this.#isClosed) await this.#discard(backend);
      else this.#idle.push(backend);
    }
    return rows.map((found) => row.parse(found));
  }

  /** A new session, as somebody else or as the connection's own user. The caller closes it. */
  async logIn(as: Credential | undefined, signal: AbortSignal): Promise<Backend> {
    const login = as === undefined ? this.#login : {...this.#login, user: as.username, password: as.password};
    return openBackend(login, signal);
  }

  /** One statement that changes something, over a session of its own: every other one of the run only reads. */
  async change(text: string, signal: AbortSignal): Promise<void> {
    const backend = await openBackend({...this.#login, mayChange: true}, signal);
    this.#open.add(backend);
    try {
      for (const row of await backend.queryWithin(signal, sessionIdSql)) this.ownLogSessions.push(idRow.parse(row).id);
      await backend.queryWithin(signal, text);
    } finally {
      await this.#discard(backend);
    }
  }

  /** A line in the server's log, which no client gets and everybody who may log in may write. */
  async writeToLog(text: string, signal: AbortSignal): Promise<void> {
    await this.change(`do $mark$ begin raise log '${text.replaceAll("'", "''")}'; end $mark$`, signal);
  }

  async mark(phase: string, signal: AbortSignal): Promise<void> {
    await this.recording?.mark(phase, this, signal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#idle = [];
    this.#control = undefined;
    this.givenPasswords.clear();
    await Promise.all([...this.#open].map((backend) => this.#discard(backend)));
  }

  #takeIdle(): Backend | undefined {
    for (let backend = this.#idle.pop(); backend !== undefined; backend = this.#idle.pop()) {
      if (!backend.isLost()) return backend;
      this.#open.delete(backend);
    }
    return undefined;
  }

  async #openBackend(signal: AbortSignal): Promise<Backend> {
    const backend = await openBackend(this.#login, signal);
    this.#open.add(backend);
    return backend;
  }

  async #discard(backend: Backend): Promise<void> {
    this.#open.delete(backend);
    await backend.close();
  }
}

const identityRow = z.object({cluster: z.string(), version: z.string()});
const identitySql = `select current_setting('cluster_name') as cluster, current_setting('server_version') as version`;

const timeRow = z.object({ms: z.number()});
const timeSql = 'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms';

const idRow = z.object({id: z.string()});
/** As `session_id` stands in the log, by PostgreSQL's documentation of `log_line_prefix`. */
const sessionIdSql = `
  select to_hex(trunc(extract(epoch from backend_start))::integer) || '.' || to_hex(pid) as id
  from pg_catalog.pg_stat_activity where pid = pg_backend_pid()`;

const heldRow = z.object({name: z.string()});
const heldSql = `
  select rolname::text as name from pg_catalog.pg_roles
  where rolname = any($1::text[]) and pg_has_role(current_user, oid, 'usage')`;
