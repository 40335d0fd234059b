import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {type BaoApi, BaoApiError, createBaoApi} from '../openbao.ts';

export type DatabaseUser = {readonly username: string; readonly password: string; readonly endsAt: number};

/**
 * An integration's way to its database: logs in by AppRole with the secret-id file, renews the token at two thirds of its
 * life, and takes a dynamic database user with it. When the token is dead it logs in again.
 */
export class Credentials {
  readonly #address: string;
  readonly #folder: string;
  readonly #role: string;
  #api: BaoApi | undefined;
  #renewal: NodeJS.Timeout | undefined;

  constructor(options: {readonly address: string; readonly folder: string; readonly role: string}) {
    this.#address = options.address;
    this.#folder = options.folder;
    this.#role = options.role;
  }

  /** A new database user; tries three times, with a fresh login where the token is dead. */
  async takeDatabaseUser(): Promise<DatabaseUser> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#api ??= await this.#logIn();
        const {data, lease_duration: leaseSeconds} = await this.#api('GET', `database/creds/${this.#role}`);
        if (typeof data !== 'object' || data === null || !('username' in data) || !('password' in data)) {
          throw new Error('OpenBao handed out no database user');
        }
        const endsAt = Date.now() + Number(leaseSeconds) * 1000;
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
    this.#renewAfter(api, Number(auth.lease_duration) * (2 / 3));
    return api;
  }

  #renewAfter(api: BaoApi, seconds: number): void {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      api('POST', 'auth/token/renew-self').then(
        () => this.#renewAfter(api, seconds),
        () => {
          this.#api = undefined;
        },
      );
    }, seconds * 1000);
    this.#renewal.unref();
  }
}
