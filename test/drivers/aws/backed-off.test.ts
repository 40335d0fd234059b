import {afterEach, describe, expect, it, vi} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import {call} from '../../../src/drivers/aws/call.ts';
import {AwsClient} from '../../../src/drivers/aws/client.ts';
import {connection} from '../../../src/drivers/aws/connection.ts';
import {holdingsAlive} from '../../../src/drivers/aws/holdings.ts';
import {contextOf} from '../../helpers/context.ts';

const credentials = '[default]\naws_access_key_id = AKIAOLGAOLGAOLGAOLGA\naws_secret_access_key = nothing\n';
const throttled = new DriverError('asked too often', {code: 'rate-limited', retryable: true, detail: 'Throttling'});
const refused = new DriverError('may not', {code: 'forbidden', detail: 'AccessDenied'});

/** A context whose clock goes on by sleeping alone, with what was slept. AWS answers nobody, so that it can be throttled at will. */
async function open(signal = new AbortController().signal) {
  const slept: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
    signal.throwIfAborted();
  };
  const ctx = {...contextOf(undefined, {signal}), clock: {now: () => 0, sleep}};
  const input = connection.input.parse({region: 'eu-central-1', credentials});
  const session = await connection.open(input, {...ctx, owned: () => [], ownedEarlier: () => []});
  return {slept, ctx: {...ctx, connection: session}};
}

/** Each call of a service fails so, in this order; once there are no more, it is answered. */
function fails(service: 'sts' | 'secrets' | 'iam', ...errors: readonly DriverError[]): void {
  const left = [...errors];
  vi.spyOn(AwsClient.prototype, service).mockImplementation(async () => {
    const error = left.shift();
    if (error !== undefined) throw error;
    return {Account: '123456789012', AccessKeyMetadata: [], $metadata: {}} as never;
  });
}

describe('drivers/aws/backed-off', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const given = call.input.parse({credentials, action: 'secretsmanager:ListSecrets'});

  it('asks again, ever later, where AWS throttles, and believes what it then says', async () => {
    fails('sts', throttled);
    fails('secrets', throttled, refused);
    const {slept, ctx} = await open();

    expect(await call.observe(given, ctx)).toMatchObject({state: 'denied', code: 'AccessDenied', surface: 'disarmed'});
    expect(slept).toEqual([200, 400]);
  });

  it('is indeterminate where AWS throttles to the end', async () => {
    fails('sts');
    fails('secrets', throttled, throttled, throttled);
    const {slept, ctx} = await open();

    expect(await call.observe(given, ctx)).toEqual({state: 'indeterminate', code: 'Throttling'});
    expect(slept).toEqual([200, 400]);
  });

  it('is throttled, and not unreachable, where the time of the sample is over before it may ask again', async () => {
    fails('sts');
    fails('secrets', throttled);
    const {ctx} = await open(AbortSignal.abort(new DOMException('over', 'TimeoutError')));

    expect(await call.observe(given, ctx)).toEqual({state: 'indeterminate', code: 'Throttling'});
  });

  it('asks nothing twice that was refused', async () => {
    fails('sts');
    fails('secrets', refused);
    const {slept, ctx} = await open();

    expect(await call.observe(given, ctx)).toMatchObject({state: 'denied'});
    expect(slept).toEqual([]);
  });

  it('asks for captured keys again too', async () => {
    fails('iam', throttled);
    const {slept, ctx} = await open();
    const holdings = {at: -1e9, user: 'orders-mcp', keys: [{id: 'AKIAOLGAOLGAOLGAOLGB'}], secrets: []};

    expect(await holdingsAlive.observe(holdingsAlive.input.parse({holdings}), ctx)).toMatchObject({
      state: 'denied',
      code: 'none-alive',
    });
    expect(slept).toEqual([200]);
  });
});
