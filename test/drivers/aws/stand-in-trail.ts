import {vi} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import type {AwsClient} from '../../../src/drivers/aws/client.ts';
import type {Place} from '../../../src/drivers/aws/place.ts';
import {key, type RawRecord, recorded} from './trail-run.ts';

type Request = {
  readonly StartTime: Date;
  readonly EndTime: Date;
  readonly MaxResults: number;
  readonly NextToken?: string;
  readonly LookupAttributes?: readonly {readonly AttributeValue: string}[];
};

type Api = {
  assumeRole(request: {readonly RoleSessionName: string; readonly DurationSeconds: number}): unknown;
  getCallerIdentity(): unknown;
  lookupEvents(request: Request): unknown;
};

const account = '123456789012';
/** The run's calls as the records have them, in the order in which a session makes them. */
const requestIds = ['req-begin', 'req-preflight', 'req-shutdown', 'req-settle', 'req-rollback', 'req-audit'];

/** AWS as the recorded run saw it: STS that answers with the recorded requests, and CloudTrail that delivers late. */
export class StandInTrail {
  /** Regions and tokens of what CloudTrail was asked, in order. */
  readonly asked: string[] = [];
  /** Sessions that were taken, in order. */
  readonly sessions: {readonly name: string; readonly seconds: number}[] = [];
  /** Of requests that CloudTrail has not delivered yet. */
  readonly withheld = new Set<string>();
  /** After so many lookups it delivers what was withheld. */
  deliversAfter = Number.POSITIVE_INFINITY;
  pageSize = 50;
  /** Access keys that may look events up. */
  readonly readers = new Set([key]);
  throttled = 0;
  broken: readonly string[] = [];
  #calls = 0;

  /** Until the mocks are restored. */
  takesThePlaceOf(client: typeof AwsClient): void {
    const standIn = this;
    for (const service of ['sts', 'trail'] as const) {
      vi.spyOn(client.prototype, service).mockImplementation(async function (
        this: AwsClient,
        _action: string,
        call: unknown,
      ) {
        return (call as (api: Api) => never)(standIn.#apiFor(this.place, this.accessKeyId));
      });
    }
  }

  #apiFor(place: Place, accessKeyId: string): Api {
    return {
      assumeRole: ({RoleSessionName: name, DurationSeconds: seconds}) => {
        this.sessions.push({name, seconds});
        return {Credentials: {AccessKeyId: key, SecretAccessKey: 'secret-of-run', SessionToken: 'token'}};
      },
      getCallerIdentity: () => ({
        Account: account,
        Arn: `arn:aws:iam::${account}:user/${accessKeyId}`,
        $metadata: {requestId: accessKeyId === key ? this.#requestIdIn(place.region) : 'of-operator'},
      }),
      lookupEvents: (request) => this.#lookUp(place.region, accessKeyId, request),
    };
  }

  #requestIdIn(region: string): string {
    if (region === 'us-east-1') return 'req-end-us';
    const id = requestIds[this.#calls] ?? 'req-end-eu';
    this.#calls += 1;
    return id;
  }

  #lookUp(region: string, accessKeyId: string, request: Request): unknown {
    if (!this.readers.has(accessKeyId)) throw new DriverError('not the run', {code: 'forbidden'});
    this.asked.push(`${region} ${request.NextToken ?? 'first'}`);
    if (this.asked.length > this.deliversAfter) this.withheld.clear();
    if (this.throttled > 0) {
      this.throttled -= 1;
      throw new DriverError('too often', {code: 'rate-limited', retryable: true, detail: 'Throttling'});
    }
    const wanted = request.LookupAttributes?.[0]?.AttributeValue;
    const found = recorded(region)
      .filter(
        (record) =>
          !this.withheld.has(record.requestID) &&
          (wanted === undefined || keyOf(record) === wanted) &&
          timeOf(record) >= request.StartTime.getTime() &&
          timeOf(record) <= request.EndTime.getTime(),
      )
      .toSorted((a, b) => timeOf(b) - timeOf(a));
    const from = Number(request.NextToken ?? '0');
    const to = from + Math.min(this.pageSize, request.MaxResults);
    const page = found.slice(from, to).map((record) => ({
      CloudTrailEvent: JSON.stringify(record),
      EventTime: new Date(timeOf(record)),
    }));
    const broken = to < found.length ? [] : this.broken.map((CloudTrailEvent) => ({CloudTrailEvent}));
    return {Events: [...page, ...broken], ...(to < found.length ? {NextToken: String(to)} : {})};
  }
}

function timeOf(record: RawRecord): number {
  return Date.parse(String(record.eventTime));
}

function keyOf(record: RawRecord): unknown {
  return Object(record.userIdentity).accessKeyId;
}
