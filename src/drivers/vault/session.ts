import {randomBytes} from 'node:crypto';
import * as z from 'zod';
import type {Begin, OpenContext, Session} from '../../contract/driver.ts';
import {DriverError} from '../../contract/driver-error.ts';
import type {Need} from '../../contract/operation.ts';
import type {Identity} from '../../contract/target.ts';
import {healthAnswer, keysAnswer, readBody} from './answers.ts';
import type {Start} from './audit-device.ts';
import {pathOf, type VaultClient} from './client.ts';
import type {VaultAnswer, VaultRequest} from './exchange.ts';
import {refusedBy} from './failure.ts';
import {KnownTokens} from './known-tokens.ts';
import {listLockedUsers} from './locked-users.ts';
import {type HeldLock, type LockPlace, releaseLock, takeLock} from './run-lock.ts';
import {RunToken} from './run-token.ts';
import {TokenInventory} from './token-inventory.ts';

type Ask = Omit<VaultRequest, 'token'>;

/** So much longer than the run may take does its token live: rollback and audit come after the limit. */
const tokenGraceMs = 600_000;
const closeMs = 5000;

/** One Vault, worked on first with the operator's token and then with the run's own. */
export class VaultSession implements Session {
  readonly address: string;
  /** Without slashes at its ends; empty for the root namespace. */
  readonly namespace: string;
  readonly #client: VaultClient;
  readonly #ctx: OpenContext;
  readonly #logIn: () => Promise<string>;
  readonly #endsLogin: boolean;
  readonly #lockPlace: LockPlace | undefined;
  #lock: HeldLock | undefined;
  /** The operator's token, once something was asked with it. */
  #operatorToken: Promise<string> | undefined;
  readonly #runToken: RunToken;
  /** What earlier processes of the run worked with, one after the other. */
  #earlier: readonly z.infer<typeof begunFacts>[] = [];
  /** Every token of the namespace but the run's own. */
  readonly inventory: TokenInventory;
  readonly #roleIds = new Map<string, string>();
  readonly knownTokens: KnownTokens;
  /** When a role was last seen with a secret-id, by its path. */
  readonly lastLogins = new Map<string, number>();
  /** Role-ids that were locked out when the run began; undefined where the token may not ask. */
  lockedBefore: ReadonlySet<string> | undefined;
  /** Answers to calls with the run's own token: each stands in the audit log. */
  answered = 0;
  /** Phases whose marks stand in the audit log. */
  readonly marked: string[] = [];
  /** In the path of each mark, so that nobody else's read passes for one. */
  readonly nonce = randomBytes(6).toString('hex');
  /** Where in an audit log the run began, by file. */
  readonly auditStarts = new Map<string, Start>();

  /** `logIn` is asked for the operator's token when the first call needs one: not before the server has said who it is. */
  constructor(
    client: VaultClient,
    options: {
      readonly address: string;
      readonly namespace: string;
      readonly logIn: () => Promise<string>;
      readonly endsLogin: boolean;
      readonly lock?: LockPlace;
    },
    ctx: OpenContext,
  ) {
    this.#client = client;
    this.#ctx = ctx;
    this.address = options.address;
    this.namespace = options.namespace;
    this.#logIn = options.logIn;
    this.#endsLogin = options.endsLogin;
    this.#lockPlace = options.lock;
    this.knownTokens = new KnownTokens(ctx.clock);
    this.#runToken = new RunToken(this, ctx);
    this.inventory = new TokenInventory(this, ctx.clock);
  }

  get runAccessor(): string | undefined {
    return this.#runToken.accessor;
  }

  /** Accessors of every token that the run worked with, in the order in which they were minted. */
  get runAccessors(): readonly string[] {
    const {accessor: own} = this.#runToken;
    return [...this.#earlier.map(({accessor}) => accessor), ...(own === undefined ? [] : [own])];
  }

  /** In the paths of the run's marks, those of earlier processes too. */
  get nonces(): readonly string[] {
    return [...this.#earlier.map(({nonce}) => nonce), this.nonce];
  }

  /** Accessors of everything that the run itself logged in with or minted. */
  get ownAccessors(): readonly string[] {
    return this.#ctx.owned('token');
  }

  /** A call with the run's own token, or the operator's before there is one. Throws where it does not succeed. */
  async call(request: Ask): Promise<VaultAnswer> {
    return this.#counted(this.#client.call({...request, token: await this.#token()}));
  }

  /** The same, but any answer is one. */
  async ask(request: Ask): Promise<VaultAnswer> {
    return this.#counted(this.#client.ask({...request, token: await this.#token()}));
  }

  /** With another token, or with none. */
  async askAs(token: string | undefined, request: Ask): Promise<VaultAnswer> {
    return this.#client.ask({...request, ...(token === undefined ? {} : {token})});
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const health = await this.#health(signal);
    if (!health.initialized || health.sealed) {
      const what = health.initialized ? 'it is sealed. Unseal it' : 'it is not initialised. Initialise it';
      throw new DriverError(`Expected Vault at ${this.address} to be unsealed, and ${what}.`, {code: 'sealed'});
    }
    if (health.standby) {
      throw new DriverError(
        `Expected Vault at ${this.address} to be the active node, and it is a standby, whose answers may be old. Connect to the active node.`,
        {code: 'conflict'},
      );
    }
    const {cluster_name: cluster, version} = health;
    return {product: 'Vault', version, ...(cluster === undefined ? {} : {cluster})};
  }

  async serverTime(signal: AbortSignal): Promise<number | undefined> {
    const {server_time_utc: seconds} = await this.#health(signal);
    // Whole seconds: half of one is the best guess.
    return seconds === undefined ? undefined : seconds * 1000 + 500;
  }

  async control(signal: AbortSignal): Promise<boolean> {
    const {status} = await this.ask({method: 'GET', path: 'auth/token/lookup-self', signal});
    return status === 200;
  }

  async missing(needs: readonly Need[], signal: AbortSignal): Promise<readonly Need[]> {
    const own = {path: 'auth/token/create', capabilities: ['update']};
    const asked = [...needs.filter(({path}) => this.namespace === '' || !path.startsWith('sys/audit-hash/')), own];
    // Policies are held against the path as it is, not as it is written into a URL.
    const plain = (path: string): string => path.split('/').map(decodeURIComponent).join('/');
    const paths = [...new Set(asked.map(({path}) => plain(path)))];
    const answer = await this.call({method: 'POST', path: 'sys/capabilities-self', body: {paths}, signal});
    const held = readBody(capabilitiesAnswer, answer, 'capabilities');
    const lacks = ({path, capabilities}: Need): readonly string[] => {
      const has = held[plain(path)] ?? held.data?.[plain(path)] ?? [];
      return Array.isArray(has) && !has.includes('root')
        ? capabilities.filter((capability) => !has.includes(capability))
        : [];
    };
    return asked
      .map((need) => ({...need, capabilities: lacks(need)}))
      .filter(({capabilities}) => capabilities.length > 0);
  }

  /**
   * The run's own token: a child of the operator's, with the same policies, that outlives the run by little. With it the
   * lock is taken, where there is one; throws a conflict with the detail `locked` where another run holds it.
   */
  async begin(
    {maxDurationMs, earlier, takesOver = false}: Begin,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    this.#earlier = (earlier ?? []).flatMap((facts) => begunFacts.safeParse(facts).data ?? []);
    const lifetimeMs = maxDurationMs + tokenGraceMs;
    const accessor = await this.#runToken.mint(lifetimeMs, signal);
    if (this.#lockPlace !== undefined) {
      // Also where no answer comes: what was written all the same is released in the end.
      this.#lock = {place: this.#lockPlace, run: this.#ctx.run};
      await takeLock(this, this.#lockPlace, {run: this.#ctx.run, lifetimeMs, takesOver}, signal);
    }
    this.lockedBefore = await this.#lockedUsers(signal);
    return {accessor, nonce: this.nonce};
  }

  /** What a process that was cut off left alive. */
  async endEarlier(signal: AbortSignal): Promise<void> {
    await this.#runToken.revokeEarlier(signal);
  }

  /** A read that finds nothing, and stands in the audit log with its path in clear. */
  async mark(phase: string, signal: AbortSignal): Promise<void> {
    if (this.runAccessor === undefined) return;
    const request = {method: 'GET', path: pathOf('cubbyhole', `offdrill-${phase}-${this.nonce}`), signal} as const;
    const answer = await this.ask(request);
    if (answer.status !== 404) throw refusedBy(request, answer, this.address);
    this.marked.push(phase);
  }

  async end(signal: AbortSignal): Promise<void> {
    if (this.runAccessor === undefined) return this.#runToken.revokeSelf(signal);
    // What stays locked is said after the token is gone: that must not wait.
    const notUnlocked = await this.#unlockOwn(signal).catch((error: unknown) => error);
    const notReleased = await this.#releaseLock(signal).catch((error: unknown) => error);
    await this.#runToken.revokeSelf(signal);
    if (notUnlocked !== undefined) throw notUnlocked;
    if (notReleased !== undefined) throw notReleased;
  }

  /** A token that the operator logged in with here ends here; one that was given stays. */
  async close(): Promise<void> {
    const token = await this.#operatorToken?.catch(() => undefined);
    if (!this.#endsLogin || token === undefined) return;
    this.#operatorToken = undefined;
    const request = {method: 'POST', path: 'auth/token/revoke-self', signal: AbortSignal.timeout(closeMs)} as const;
    const answer = await this.askAs(token, request);
    if (![200, 204, 403].includes(answer.status)) throw refusedBy(request, answer, this.address);
  }

  /** The keys under a path; none where Vault answers that nothing is there. */
  async list(path: string, signal: AbortSignal): Promise<readonly string[]> {
    const request = {method: 'LIST', path, signal} as const;
    const answer = await this.ask(request);
    if (answer.status === 404) return [];
    if (answer.status !== 200) throw refusedBy(request, answer, this.address);
    return readBody(keysAnswer, answer, `a list of ${path}`).data.keys;
  }

  async roleId(role: string, mount: string, signal: AbortSignal): Promise<string> {
    const path = pathOf('auth', mount, 'role', role, 'role-id');
    const remembered = this.#roleIds.get(path);
    if (remembered !== undefined) return remembered;
    const answer = await this.call({method: 'GET', path, signal});
    const roleId = readBody(roleIdAnswer, answer, `the role-id of ${role}`).data.role_id;
    this.#roleIds.set(path, roleId);
    return roleId;
  }

  /** Roles that the run's own bad logins locked are let in again; a lock that is older is not ours to end. */
  async #unlockOwn(signal: AbortSignal): Promise<void> {
    const before = this.lockedBefore;
    if (before === undefined || this.#roleIds.size === 0) return;
    const ours = new Set([...this.#roleIds.values()].filter((roleId) => !before.has(roleId)));
    for (const {mount, alias} of await listLockedUsers(this, signal)) {
      if (!ours.has(alias)) continue;
      await this.call({method: 'POST', path: pathOf('sys/locked-users', mount, 'unlock', alias), signal});
    }
  }

  async #releaseLock(signal: AbortSignal): Promise<void> {
    const held = this.#lock;
    this.#lock = undefined;
    if (held !== undefined) await releaseLock(this, held, signal);
  }

  /** A refusal is an answer too; what nobody answered may stand in the log, or not. */
  async #counted(asking: Promise<VaultAnswer>): Promise<VaultAnswer> {
    const isRun = this.runAccessor !== undefined;
    try {
      const answer = await asking;
      if (isRun) this.answered += 1;
      return answer;
    } catch (error) {
      if (isRun && error instanceof DriverError && /^\d{3}$/.test(error.detail ?? '') && error.code !== 'protocol')
        this.answered += 1;
      throw error;
    }
  }

  async #token(): Promise<string> {
    const {token} = this.#runToken;
    if (token !== undefined) return token;
    this.#operatorToken ??= this.#logIn();
    return this.#operatorToken;
  }

  async #lockedUsers(signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    try {
      return new Set((await listLockedUsers(this, signal)).map(({alias}) => alias));
    } catch (error) {
      if (error instanceof DriverError && error.code === 'forbidden') return undefined;
      throw error;
    }
  }

  async #health(signal: AbortSignal) {
    const answer = await this.askAs(undefined, {method: 'GET', path: 'sys/health', signal});
    return readBody(healthAnswer, answer, 'its health');
  }
}

const capabilitiesAnswer = z.looseObject({data: z.record(z.string(), z.array(z.string())).optional()});
const roleIdAnswer = z.object({data: z.object({role_id: z.string()})});
const begunFacts = z.object({accessor: z.string(), nonce: z.string()});
