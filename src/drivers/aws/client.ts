import {Readable} from 'node:stream';
import type {CloudTrail} from '@aws-sdk/client-cloudtrail';
import type {IAM} from '@aws-sdk/client-iam';
import type {SecretsManager} from '@aws-sdk/client-secrets-manager';
import type {STS} from '@aws-sdk/client-sts';
import type {AwsCredentials} from './credentials.ts';
import {failureOf} from './failure.ts';
import {endpointOf, type Place, renderPlace, type Service} from './place.ts';

/** What each call is made with. */
type Options = {readonly abortSignal: AbortSignal};
type Call<Api, Output> = (api: Api, options: Options) => Promise<Output>;

/**
 * One credential at one place. Region, endpoint and credential are said to every client of the SDK: left out, it would take
 * those of the environment, and sign as the operator, or ask an emulator. A fresh connection a call, and one attempt: whoever
 * calls decides what is asked again.
 */
export class AwsClient {
  readonly place: Place;
  /** Whose it is; no secret. */
  readonly accessKeyId: string;
  readonly #credentials: AwsCredentials;
  readonly #timeoutMs: number;
  #secrets: Promise<SecretsManager> | undefined;
  #iam: Promise<IAM> | undefined;
  #sts: Promise<STS> | undefined;
  #trail: Promise<CloudTrail> | undefined;

  constructor(place: Place, credentials: AwsCredentials, timeoutMs: number) {
    this.place = place;
    this.accessKeyId = credentials.accessKeyId;
    this.#credentials = credentials;
    this.#timeoutMs = timeoutMs;
  }

  /** The same credential in another region. */
  in(region: string): AwsClient {
    return new AwsClient({...this.place, region}, this.#credentials, this.#timeoutMs);
  }

  secrets<Output>(action: string, call: Call<SecretsManager, Output>, signal: AbortSignal): Promise<Output> {
    this.#secrets ??= import('@aws-sdk/client-secrets-manager').then(({SecretsManager}) => {
      const api = new SecretsManager(this.settings('secretsmanager'));
      api.middlewareStack.add(readRefusals, inside);
      return api;
    });
    return this.#ask(`secretsmanager:${action}`, this.#secrets, call, signal);
  }

  iam<Output>(action: string, call: Call<IAM, Output>, signal: AbortSignal): Promise<Output> {
    this.#iam ??= import('@aws-sdk/client-iam').then(({IAM}) => new IAM(this.settings('iam')));
    return this.#ask(`iam:${action}`, this.#iam, call, signal);
  }

  sts<Output>(action: string, call: Call<STS, Output>, signal: AbortSignal): Promise<Output> {
    this.#sts ??= import('@aws-sdk/client-sts').then(({STS}) => new STS(this.settings('sts')));
    return this.#ask(`sts:${action}`, this.#sts, call, signal);
  }

  trail<Output>(action: string, call: Call<CloudTrail, Output>, signal: AbortSignal): Promise<Output> {
    this.#trail ??= import('@aws-sdk/client-cloudtrail').then(({CloudTrail}) => {
      const api = new CloudTrail(this.settings('cloudtrail'));
      api.middlewareStack.add(readRefusals, inside);
      return api;
    });
    return this.#ask(`cloudtrail:${action}`, this.#trail, call, signal);
  }

  async #ask<Api, Output>(
    action: string,
    api: Promise<Api>,
    call: Call<Api, Output>,
    signal: AbortSignal,
  ): Promise<Output> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]);
    try {
      return await call(await api, {abortSignal: limit});
    } catch (error) {
      throw failureOf(error, {action, at: renderPlace(this.place)});
    }
  }

  /** All that a client would otherwise look for in its environment and in files of the machine. */
  settings(service: Service) {
    const {url, signedFor} = endpointOf(this.place, service);
    return {
      region: signedFor,
      endpoint: url,
      credentials: {...this.#credentials},
      maxAttempts: 1,
      retryMode: 'standard',
      defaultsMode: 'standard',
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
      userAgentAppId: 'offdrill',
      requestHandler: {
        connectionTimeout: this.#timeoutMs,
        requestTimeout: this.#timeoutMs,
        httpAgent: {keepAlive: false},
        httpsAgent: {keepAlive: false, rejectUnauthorized: true},
      },
    } as const;
  }
}

/** Nearest to the connection: what reads the answer sees what this makes of it. */
const inside = {step: 'deserialize', priority: 'low', name: 'offdrillRefusals'} as const;

type Answered = {readonly response: unknown};

/**
 * A service that speaks JSON refuses in JSON at AWS, and in XML at moto, where a key is not known or has no right: the client
 * would fall over it and tell nothing of why.
 */
function readRefusals<Args, Output extends Answered>(
  next: (args: Args) => Promise<Output>,
): (args: Args) => Promise<Output> {
  return async (args) => {
    const answered = await next(args);
    const response = Object(answered.response);
    if (response.statusCode < 400 || !(response.body instanceof Readable)) return answered;
    const text = await readText(response.body);
    const [, code] = /<Code>([^<]+)<\/Code>/.exec(text) ?? [];
    const [, said = ''] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
    response.body = Readable.from([
      Buffer.from(code === undefined ? text : JSON.stringify({__type: code, message: said})),
    ]);
    return answered;
  };
}

/** A refusal is short: what is longer is cut. */
async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    const piece = Buffer.from(chunk);
    chunks.push(piece);
    length += piece.length;
    if (length > 65_536) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
