import type {Begin, OpenContext, Session} from '../../contract/driver.ts';
import {DriverError} from '../../contract/driver-error.ts';
import type {Lack, Need} from '../../contract/operation.ts';
import type {Identity} from '../../contract/target.ts';
import {askTime} from './ask-time.ts';
import {type Caller, callerOf} from './caller.ts';
import {AwsClient} from './client.ts';
import {type AwsCredentials, parseCredentials} from './credentials.ts';
import {nameEmulator} from './emulator.ts';
import {findLacks} from './find-lacks.ts';
import {isEmulated, type Place, renderPlace} from './place.ts';
import {readSession, sessionName} from './read-session.ts';
import {markOf, readMarks, type TrailMark} from './trail-marks.ts';
import {trailRegions} from './trail-regions.ts';

/** Whose an access key is. */
type Holder = {readonly arn: string; readonly key: string};

/** CloudTrail tells whole seconds: after so long, what was done before a mark has an earlier one than the mark. */
const secondTurnsMs = 1050;

/** What STS gives, and what a run may take longer than it is allowed: for its rollback, and to read the record. */
const shortestSeconds = 900;
const longestSeconds = 43_200;
const marginSeconds = 1800;

/** To read the record with; every role allows as much, also where it is taken by another role's session. */
const readerSeconds = 3600;
/** One that ends so soon is not begun to be read with. */
const readerLeftMs = 300_000;

/** A session that the run took, and when it ends. */
type Taken = {readonly client: AwsClient; readonly until: number};

export class AwsSession implements Session {
  readonly place: Place;
  readonly #operator: AwsClient;
  readonly #role: string | undefined;
  readonly #ctx: OpenContext;
  readonly #timeoutMs: number;
  #own: AwsClient | undefined;
  /** The session that was taken last: with it the record is read, after the run's end too. */
  #taken: Taken | undefined;
  #isMarked = false;
  #account: string | undefined;
  readonly #clients = new Map<string, Promise<AwsClient>>();
  readonly #holders = new Map<string, Holder>();
  /** Whom the run works as: the operator, and the session that it took. */
  readonly holders: Holder[] = [];

  constructor(
    place: Place,
    credentials: AwsCredentials,
    options: {readonly role?: string; readonly timeoutMs: number},
    ctx: OpenContext,
  ) {
    this.place = place;
    this.#operator = new AwsClient(place, credentials, options.timeoutMs);
    this.#role = options.role;
    this.#timeoutMs = options.timeoutMs;
    this.#ctx = ctx;
  }

  /** As the guard has it. */
  get account(): string {
    return this.#account ?? '';
  }

  /** True while or after the run worked with a session of its own, and not with the operator's key. */
  get hasOwnKey(): boolean {
    return this.#taken !== undefined;
  }

  /** True where the run is to work with a session of its own. */
  get takesRole(): boolean {
    return this.#role !== undefined;
  }

  /** Access keys of every session that the run took, in its earlier processes too. What the run issued is another's to use. */
  get ownKeys(): readonly string[] {
    return this.#ctx.owned('session');
  }

  /** Ids that the run declared as its own, of one kind. */
  owned(kind: string): readonly string[] {
    return this.#ctx.owned(kind);
  }

  /** The run's own calls that stand in CloudTrail as its marks, those of earlier processes too. */
  get marks(): readonly TrailMark[] {
    return readMarks(this.#ctx.owned('trail-mark'), this.account);
  }

  /** To read the record in one region. Where the run's session is over, or another process made it, one more is taken. */
  async reader(region: string, signal: AbortSignal): Promise<AwsClient> {
    if (this.#role === undefined) return this.#operator.in(region);
    const known = this.#taken;
    const isLeft = known !== undefined && known.until - this.#ctx.clock.now() > readerLeftMs;
    const {client} = isLeft ? known : await this.#take(this.#role, readerSeconds, signal);
    return client.in(region);
  }

  /** The run's own: of the role that it took, where there is one, or the operator's. */
  get client(): AwsClient {
    return this.#own ?? this.#operator;
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const {account, arn} = await callerOf(this.#operator, signal);
    this.#account = account;
    this.holders.push({arn, key: this.#operator.accessKeyId});
    const product = isEmulated(this.place) ? await nameEmulator(this.place, signal) : 'AWS';
    return {cluster: account, product};
  }

  /** Each call has a connection of its own. */
  async control(signal: AbortSignal): Promise<boolean> {
    try {
      await callerOf(this.client, signal);
      return true;
    } catch {
      return false;
    }
  }

  /** Of the role that the run takes, where there is one: the operator asks before the run has begun, and the role afterwards. */
  async missing(needs: readonly Need[], signal: AbortSignal): Promise<readonly Lack[]> {
    const {place, client, account} = this;
    const holder = this.#role ?? this.holders[0]?.arn ?? '';
    return findLacks(needs, {client, place, account, holder, clock: this.#ctx.clock, signal});
  }

  serverTime(signal: AbortSignal): Promise<number | undefined> {
    return askTime(this.place, {timeoutMs: this.#timeoutMs, signal});
  }

  /** A session whose name is the run's: CloudTrail writes it beside each thing that is done with it. */
  async begin(
    {maxDurationMs}: Pick<Begin, 'maxDurationMs'>,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    const role = this.#role;
    if (role !== undefined) {
      const DurationSeconds = Math.min(
        longestSeconds,
        Math.max(shortestSeconds, Math.ceil(maxDurationMs / 1000) + marginSeconds),
      );
      this.#own = (await this.#take(role, DurationSeconds, signal)).client;
    }
    const caller = await callerOf(this.client, signal);
    this.#refuseOther(caller);
    this.#keepMark('begin', this.place.region, caller);
    const {account, arn} = caller;
    this.holders.push({arn, key: this.client.accessKeyId});
    return {account, arn};
  }

  /** A call that is always answered, and stands in CloudTrail under the run's own key: known there by its request. */
  async mark(phase: string, signal: AbortSignal): Promise<void> {
    if (this.#own === undefined || isEmulated(this.place)) return;
    if (this.#isMarked) await this.#ctx.clock.sleep(secondTurnsMs, signal);
    this.#keepMark(phase, this.place.region, await callerOf(this.#own, signal));
    this.#isMarked = true;
  }

  /**
   * Nobody can end a session before its time; without it, this process works with it no more, but to read the record. Its
   * last call, in each region that the record is read in, tells how far that is complete.
   */
  async end(signal: AbortSignal): Promise<void> {
    if (this.#own === undefined) return;
    if (!isEmulated(this.place)) {
      await this.#ctx.clock.sleep(secondTurnsMs, signal);
      for (const region of trailRegions(this.place.region).toReversed())
        this.#keepMark('end', region, await callerOf(this.#own.in(region), signal));
    }
    this.#own = undefined;
  }

  /**
   * Asks with another credential, such as one that was captured. Who it belongs to is asked at its first use: one of another
   * account is refused before it is used for anything.
   */
  async as(text: string, signal: AbortSignal): Promise<AwsClient> {
    const known = this.#clients.get(text);
    if (known !== undefined) return known;
    const client = new AwsClient(this.place, parseCredentials(text, this.#ctx.redactor), this.#timeoutMs);
    const checked = callerOf(client, signal).then((caller) => {
      this.#refuseOther(caller);
      this.#holders.set(text, {arn: caller.arn, key: client.accessKeyId});
      return client;
    });
    this.#clients.set(text, checked);
    // One that is refused, or was not answered, is asked again the next time.
    checked.catch(() => this.#clients.delete(text));
    return checked;
  }

  /** Whose a credential was when it was first used; undefined where it never worked in this process. */
  holderOf(text: string): Holder | undefined {
    return this.#holders.get(text);
  }

  async close(): Promise<void> {
    this.#clients.clear();
  }

  /** Named after the run: CloudTrail writes that beside each thing that is done with it. */
  async #take(role: string, seconds: number, signal: AbortSignal): Promise<Taken> {
    this.requireOwnAccount(role);
    const request = {RoleArn: role, RoleSessionName: sessionName(this.#ctx.run), DurationSeconds: seconds};
    const askedAt = this.#ctx.clock.now();
    const {Credentials} = await this.#operator.sts(
      'AssumeRole',
      (api, options) => api.assumeRole(request, options),
      signal,
    );
    const credentials = readSession(Credentials, this.#ctx.redactor);
    this.#ctx.own('session', credentials.accessKeyId);
    const client = new AwsClient(this.place, credentials, this.#timeoutMs);
    this.#taken = {client, until: askedAt + seconds * 1000};
    return this.#taken;
  }

  #keepMark(phase: string, region: string, {requestId}: Caller): void {
    if (this.#own === undefined || isEmulated(this.place)) return;
    const at = Math.floor(this.#ctx.clock.now());
    this.#ctx.own(
      'trail-mark',
      markOf({account: this.account, region, phase, key: this.#own.accessKeyId, requestId, at}),
    );
  }

  /** A role of another account would hand out a session there, before anybody could see whose it is. */
  requireOwnAccount(arn: string): void {
    this.#refuseOther({account: arn.split(':')[4] ?? '', arn});
  }

  #refuseOther({account, arn}: Pick<Caller, 'account' | 'arn'>): void {
    if (this.#account === undefined || this.#account === account) return;
    throw new DriverError(
      `Expected a credential of account ${this.#account} at ${renderPlace(this.place)}, as the guard has it, got one of ${account} (${arn}). Nothing was done with it.`,
      {code: 'conflict', detail: 'another-account'},
    );
  }
}
