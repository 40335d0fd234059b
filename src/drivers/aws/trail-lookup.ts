import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import type {AwsClient} from './client.ts';
import type {AwsSession} from './session.ts';
import {parseRecord, type TrailRecord} from './trail-record.ts';

type Ctx = Context<AwsSession>;

export type Lookup = {
  readonly region: string;
  /** In milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  /** Only what was done with this access key. */
  readonly key?: string;
};

/** CloudTrail answers two requests a second, in one account and region. */
const betweenRequestsMs = 550;
const longestPage = 50;
const attempts = 6;

/** All that CloudTrail has delivered of this time; undefined for a record that can't be read. */
export async function lookUp(asked: Lookup, ctx: Ctx): Promise<readonly (TrailRecord | undefined)[]> {
  const records: (TrailRecord | undefined)[] = [];
  let token: string | undefined;
  do {
    const reader = await ctx.connection.reader(asked.region, ctx.signal);
    const page = await lookUpPage(reader, {...asked, token, size: longestPage}, ctx);
    records.push(...page.records);
    token = page.token;
  } while (token !== undefined);
  return records;
}

/** When the newest of this time was, in milliseconds since the epoch; undefined where there is none. Throws where whoever works there may not read the record: no session is taken for it. */
export async function newestEvent(asked: Lookup, ctx: Ctx): Promise<number | undefined> {
  const {client} = ctx.connection;
  return (await lookUpPage(client.in(asked.region), {...asked, token: undefined, size: 1}, ctx)).newestAt;
}

type Page = {
  readonly records: readonly (TrailRecord | undefined)[];
  readonly token: string | undefined;
  /** CloudTrail tells the newest event first. */
  readonly newestAt: number | undefined;
};

async function lookUpPage(
  reader: AwsClient,
  {since, until, key, token, size}: Lookup & {readonly token: string | undefined; readonly size: number},
  ctx: Ctx,
): Promise<Page> {
  const {signal} = ctx;
  const request = {
    StartTime: new Date(since),
    EndTime: new Date(until),
    MaxResults: size,
    ...(key === undefined ? {} : {LookupAttributes: [{AttributeKey: 'AccessKeyId', AttributeValue: key} as const]}),
    ...(token === undefined ? {} : {NextToken: token}),
  };
  const {Events = [], NextToken} = await pace(ctx, () =>
    reader.trail('LookupEvents', (api, options) => api.lookupEvents(request, options), signal),
  );
  return {
    records: Events.map(({CloudTrailEvent}) => parseRecord(CloudTrailEvent)),
    token: NextToken,
    newestAt: Events[0]?.EventTime?.getTime(),
  };
}

/** Others ask in the same account too: what is turned away is asked again, ever later. */
async function pace<Answer>({clock, signal, call}: Ctx, ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    await clock.sleep(betweenRequestsMs * 2 ** (attempt - 1), signal);
    try {
      return await call('lookup-events', ask);
    } catch (error) {
      if (!(error instanceof DriverError && error.retryable) || attempt === attempts) throw error;
    }
  }
}
