import type {OpenContext} from '../../contract/driver.ts';
import {DriverError} from '../../contract/driver-error.ts';
import {loginAnswer, readBody} from './answers.ts';
import type {VaultAnswer, VaultRequest} from './exchange.ts';
import {refusedBy} from './failure.ts';
import {type HeldToken, isRunToken} from './held-tokens.ts';

/** The server, as far as the run's token needs it. */
export type TokenStore = {
  readonly address: string;
  /** With the run's token, or the operator's where there is none. */
  ask(request: Omit<VaultRequest, 'token'>): Promise<VaultAnswer>;
  askAs(token: string | undefined, request: Omit<VaultRequest, 'token'>): Promise<VaultAnswer>;
  readonly inventory: {living(signal: AbortSignal): Promise<readonly HeldToken[]>};
};

/** The token that a run works with: made, ended, and looked for where nobody was told of it. */
export class RunToken {
  readonly #store: TokenStore;
  readonly #ctx: OpenContext;
  #held: {readonly token: string; readonly accessor: string} | undefined;
  /** Its creation was asked for, and not answered: one may live. */
  #mayLive = false;

  constructor(store: TokenStore, ctx: OpenContext) {
    this.#store = store;
    this.#ctx = ctx;
  }

  get token(): string | undefined {
    return this.#held?.token;
  }

  get accessor(): string | undefined {
    return this.#held?.accessor;
  }

  /** A child of the operator's, with the same policies. Returns its accessor. */
  async mint(lifetimeMs: number, signal: AbortSignal): Promise<string> {
    const ttl = `${Math.ceil(lifetimeMs / 1000)}s`;
    const request = {
      method: 'POST',
      path: 'auth/token/create',
      body: {
        display_name: 'offdrill',
        ttl,
        explicit_max_ttl: ttl,
        renewable: false,
        meta: {offdrill_run: this.#ctx.run},
      },
      signal,
    } as const;
    this.#mayLive = true;
    const answer = await this.#store.ask(request);
    this.#mayLive = answer.status === 200 || answer.status >= 500;
    if (answer.status !== 200) throw refusedBy(request, answer, this.#store.address);
    const {auth} = readBody(loginAnswer, answer, 'a token');
    this.#ctx.redactor.add(auth.client_token, 'run-token');
    this.#ctx.own('token', auth.accessor);
    this.#held = {token: auth.client_token, accessor: auth.accessor};
    this.#mayLive = false;
    return auth.accessor;
  }

  /**
   * What a process that was cut off left alive: tokens that it declared, and its run token where it was cut off before it
   * could say so, known by the run's name. Whoever forges that name on a token of theirs loses that token.
   */
  async revokeEarlier(signal: AbortSignal): Promise<void> {
    const earlier = this.#ctx.ownedEarlier('token');
    // Another connection to the same server has a token of its own, and works with it.
    const ofProcess = this.#ctx.owned('token').filter((accessor) => !earlier.includes(accessor));
    await this.#revoke([...earlier, ...(await this.#ofRun(ofProcess, signal))], signal);
  }

  /** By itself. Where there is none, one that nobody was told of is looked for, and ended. */
  async revokeSelf(signal: AbortSignal): Promise<void> {
    const {token} = this;
    if (token === undefined) {
      if (this.#mayLive) await this.#revokeUnanswered(signal);
      return;
    }
    const request = {method: 'POST', path: 'auth/token/revoke-self', signal} as const;
    const answer = await this.#store.askAs(token, request);
    // 403: it is gone already.
    if (![200, 204, 403].includes(answer.status)) throw refusedBy(request, answer, this.#store.address);
    this.#held = undefined;
  }

  /** Found by the run's name, with the operator's token. */
  async #revokeUnanswered(signal: AbortSignal): Promise<void> {
    const {run} = this.#ctx;
    try {
      await this.#revoke(await this.#ofRun(this.#ctx.owned('token'), signal), signal);
      this.#mayLive = false;
    } catch (error) {
      throw new DriverError(
        `Expected an answer when the run's token was made at ${this.#store.address}, got none, and whether it lives can't be told. Revoke each token with \`offdrill_run=${run}\` in its metadata, if there is one.`,
        {code: 'unreachable', detail: 'unanswered', cause: error},
      );
    }
  }

  /** Accessors of tokens with the run's name, but for those. */
  async #ofRun(known: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const found = (await this.#store.inventory.living(signal)).filter(isRunToken(this.#ctx.run));
    return found.map(({accessor}) => accessor).filter((accessor) => !known.includes(accessor));
  }

  async #revoke(accessors: readonly string[], signal: AbortSignal): Promise<void> {
    for (const accessor of new Set(accessors)) {
      if (accessor === this.accessor) continue;
      const request = {method: 'POST', path: 'auth/token/revoke-accessor', body: {accessor}, signal} as const;
      const answer = await this.#store.ask(request);
      // 400, 404: it is gone already.
      if (![200, 202, 204, 400, 404].includes(answer.status)) throw refusedBy(request, answer, this.#store.address);
    }
  }
}
