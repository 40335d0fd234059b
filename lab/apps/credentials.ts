import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {type BaoApi, BaoApiError, createBaoApi} from '../openbao.ts';

export type DatabaseUser = {
  readonly username: string;
  readonly password: string;
  /** Milliseconds since the epoch; infinite for a static user. */
  readonly endsAt: number;
};

/**
 * An integration's way to its database: logs in by AppRole with the secret-id file, renews the token at two thirds of its
 * life, and takes a dynamic database user with it. When the token is dead it logs in again.
 */
export class Credentials {
  readonly #address: string;
  readonly #folder: string;
  /** Where the database user is: `database/creds/…`, `database/static-creds/…`. */
  readonly #database: string;
  #api: BaoApi | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #tokenEndsAt = 0;

  constructor(options: {readonly address: string; readonly folder: string; readonly database: string}) {
    this.#address = options.address;
    this.#folder = options.folder;
    this.#database = options.database;
  }

  /** A new database user; tries three times, with a fresh login where the token is dead. */
  async takeDatabaseUser(): Promise<DatabaseUser> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#api ??= await this.#logIn();
        const {data, lease_id: lease, lease_duration: leaseSeconds} = await this.#api('GET', this.#database);
        if (typeof data !== 'object' || data === null || !('username' in data) || !('password' in data)) {
          throw new Error('OpenBao handed out no database user');
        }
        // What a token took ends with it. A static user has no lease.
        const endsAt =
          lease === ''
            ? Number.POSITIVE_INFINITY
            : Math.min(Date.now() + Number(leaseSeconds) * 1000, this.#tokenEndsAt);
        return {username: String(data.username), password: String(data.password), endsAt};
      } catch (error) {
        if (error instanceof BaoApiError && error.status === 403) this.#api = undefined;
        if (attempt >= 3) throw error;
        await delay(100 * attempt);
      }
    }
  }

  async #logIn(): Promise<BaoApi> {
    const read = async (name: string): Promise<string> =>
      (await readFile(path.join(this.#folder, name), 'utf8')).trim();
    const login = {role_id: await read('role-id'), secret_id: await read('secret-id')};
    const {auth} = await createBaoApi(this.#address, '')('POST', 'auth/approle/login', login);
    if (typeof auth !== 'object' || auth === null || !('client_token' in auth) || !('lease_duration' in auth)) {
      throw new Error('OpenBao handed out no token');
    }
    const api = createBaoApi(this.#address, String(auth.client_token));
    this.#renewLater(api, Number(auth.lease_duration));
    return api;
  }

  /** At two thirds of what is left. A token that can't be renewed for long is replaced by a new login when one is needed. */
  #renewLater(api: BaoApi, seconds: number): void {
    this.#tokenEndsAt = Date.now() + seconds * 1000;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(
      () => {
        api('POST', 'auth/token/renew-self').then(
          ({auth}) => {
            const left = Number(Object(auth).lease_duration);
            if (left > seconds / 2) this.#renewLater(api, left);
            else this.#api = undefined;
          },
          () => {
            this.#api = undefined;
          },
        );
      },
      (seconds * 1000 * 2) / 3,
    );
    this.#renewal.unref();
  }
}
