import type {Clock} from '../../contract/clock.ts';
import {readBody, tokenAnswer} from './answers.ts';
import type {VaultAnswer, VaultRequest} from './exchange.ts';
import {refusedBy} from './failure.ts';
import {type HeldToken, isOf, type Owner, readHeldToken} from './held-tokens.ts';

/** The server, as far as its tokens are asked about. */
export type Server = {
  readonly address: string;
  readonly runAccessor: string | undefined;
  ask(request: Omit<VaultRequest, 'token'>): Promise<VaultAnswer>;
  list(path: string, signal: AbortSignal): Promise<readonly string[]>;
};

const lookupsAtOnce = 8;
/** So long may a token take to be gone once its revocation has begun. */
const dyingMs = 1000;
const pauseMs = 20;

/** Every token of a server, scanned by accessor. What a token is does not change, so only new accessors are looked up. */
export class TokenInventory {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #seen = new Map<string, HeldToken>();

  constructor(server: Server, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
  }

  /** Those that live, but the run's own. */
  async living(signal: AbortSignal): Promise<readonly HeldToken[]> {
    const accessors = await this.#server.list('auth/token/accessors', signal);
    const fresh = accessors.filter((accessor) => !this.#seen.has(accessor));
    for (let start = 0; start < fresh.length; start += lookupsAtOnce) {
      await Promise.all(fresh.slice(start, start + lookupsAtOnce).map((accessor) => this.#learn(accessor, signal)));
    }
    const {runAccessor} = this.#server;
    return accessors.flatMap((accessor) => (accessor === runAccessor ? [] : (this.#seen.get(accessor) ?? [])));
  }

  /** Those of one owner that live. */
  async livingOf(owner: Owner, signal: AbortSignal): Promise<readonly HeldToken[]> {
    return (await this.living(signal)).filter(isOf(owner));
  }

  /** Those of one owner that live, and those that were seen earlier in the run and are gone. */
  async everOf(owner: Owner, signal: AbortSignal): Promise<readonly HeldToken[]> {
    await this.living(signal);
    return [...this.#seen.values()].filter(isOf(owner));
  }

  /**
   * What the server tells of a token; undefined where it is gone: 400 on current versions, 404 on others. A token that is
   * being revoked at this moment is answered with 403, as if the asker had no right, so that a 403 is asked about again.
   */
  async lookUp(accessor: string, signal: AbortSignal): Promise<VaultAnswer | undefined> {
    const request = {method: 'POST', path: 'auth/token/lookup-accessor', body: {accessor}, signal} as const;
    const deadline = this.#clock.now() + dyingMs;
    for (;;) {
      const answer = await this.#server.ask(request);
      if (answer.status === 200) return answer;
      if (answer.status === 400 || answer.status === 404) return undefined;
      if (answer.status !== 403 || this.#clock.now() > deadline) throw refusedBy(request, answer, this.#server.address);
      await this.#clock.sleep(pauseMs, signal);
    }
  }

  async #learn(accessor: string, signal: AbortSignal): Promise<void> {
    const answer = await this.lookUp(accessor, signal);
    if (answer !== undefined) this.#seen.set(accessor, readHeldToken(readBody(tokenAnswer, answer, 'a token')));
  }
}
