import type {Session} from '../../contract/driver.ts';
import {DriverError} from '../../contract/driver-error.ts';
import type {SecretSink} from '../../contract/operation.ts';
import type {Identity} from '../../contract/target.ts';
import {AwsClient} from './client.ts';
import {type AwsCredentials, parseCredentials} from './credentials.ts';
import {nameEmulator} from './emulator.ts';
import {isEmulated, type Place, renderPlace} from './place.ts';

/** Whose credential it is, as AWS says. */
export type Caller = {readonly account: string; readonly arn: string};

export class AwsSession implements Session {
  readonly place: Place;
  readonly #operator: AwsClient;
  readonly #role: string | undefined;
  readonly #run: string;
  readonly #timeoutMs: number;
  readonly #redactor: SecretSink;
  #own: AwsClient | undefined;
  #account: string | undefined;
  readonly #clients = new Map<string, Promise<AwsClient>>();

  constructor(
    place: Place,
    credentials: AwsCredentials,
    options: {
      readonly role?: string;
      readonly run: string;
      readonly timeoutMs: number;
      readonly redactor: SecretSink;
    },
  ) {
    this.place = place;
    this.#operator = new AwsClient(place, credentials, options.timeoutMs);
    this.#role = options.role;
    this.#run = options.run;
    this.#timeoutMs = options.timeoutMs;
    this.#redactor = options.redactor;
  }

  /** The run's own: of the role that it took, where there is one, or the operator's. */
  get client(): AwsClient {
    return this.#own ?? this.#operator;
  }

  async identify(signal: AbortSignal): Promise<Identity> {
    const {account} = await callerOf(this.#operator, signal);
    this.#account = account;
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

  /** A session whose name is the run's: CloudTrail writes it beside each thing that is done with it. */
  async begin(_begin: unknown, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const role = this.#role;
    if (role !== undefined) {
      const request = {RoleArn: role, RoleSessionName: sessionName(this.#run)};
      const {Credentials} = await this.#operator.sts(
        'AssumeRole',
        (api, options) => api.assumeRole(request, options),
        signal,
      );
      this.#own = new AwsClient(this.place, readSession(Credentials, this.#redactor), this.#timeoutMs);
    }
    const {account, arn} = await callerOf(this.client, signal);
    this.#refuseOther({account, arn});
    return {account, arn};
  }

  /** Nobody can end a session before its time; without it, this process forgets the credential. */
  async end(): Promise<void> {
    this.#own = undefined;
  }

  /**
   * Asks with another credential, such as one that was captured. Who it belongs to is asked at its first use: one of another
   * account is refused before it is used for anything.
   */
  async as(text: string, signal: AbortSignal): Promise<AwsClient> {
    const known = this.#clients.get(text);
    if (known !== undefined) return known;
    const client = new AwsClient(this.place, parseCredentials(text, this.#redactor), this.#timeoutMs);
    const checked = callerOf(client, signal).then((caller) => {
      this.#refuseOther(caller);
      return client;
    });
    this.#clients.set(text, checked);
    // One that is refused, or was not answered, is asked again the next time.
    checked.catch(() => this.#clients.delete(text));
    return checked;
  }

  async close(): Promise<void> {
    this.#clients.clear();
  }

  #refuseOther({account, arn}: Caller): void {
    if (this.#account === undefined || this.#account === account) return;
    throw new DriverError(
      `Expected a credential of account ${this.#account} at ${renderPlace(this.place)}, as the guard has it, got one of ${account} (${arn}). Nothing was done with it.`,
      {code: 'conflict', detail: 'another-account'},
    );
  }
}

/** Answered even where everything is forbidden: it tells whose key it is, and not what it may do. */
export async function callerOf(client: AwsClient, signal: AbortSignal): Promise<Caller> {
  const answer = await client.sts('GetCallerIdentity', (api, options) => api.getCallerIdentity({}, options), signal);
  return {account: answer.Account ?? '', arn: answer.Arn ?? ''};
}

/** As CloudTrail writes it: at most 64 characters. */
export function sessionName(run: string): string {
  return `offdrill-${run}`.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

/** What an AssumeRole answered. */
export function readSession(
  given:
    | {AccessKeyId?: string | undefined; SecretAccessKey?: string | undefined; SessionToken?: string | undefined}
    | undefined,
  redactor: SecretSink,
): AwsCredentials {
  const {AccessKeyId, SecretAccessKey, SessionToken} = given ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
    throw new DriverError(
      'Expected AWS to answer AssumeRole with credentials, got none. Is the endpoint the right one?',
      {
        code: 'protocol',
        detail: 'no-credentials',
      },
    );
  }
  redactor.add(SecretAccessKey, 'AWS secret access key');
  redactor.add(SessionToken, 'AWS session token');
  return {accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken};
}
