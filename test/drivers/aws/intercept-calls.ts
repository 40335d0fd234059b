import {onTestFinished, vi} from 'vitest';
import {AwsClient} from '../../../src/drivers/aws/client.ts';

/** One call of the driver: the method of the SDK's client, and what it is asked. */
type Asked = {readonly method: string; readonly request: unknown};

type Call = (api: object, options: unknown) => Promise<unknown>;
type Ask = (this: AwsClient, action: string, call: Call, signal: AbortSignal) => Promise<unknown>;

/**
 * Stands between the driver and moto until the test is over: `handle` lets a call go on, or answers or throws in its place.
 * What it throws, the driver reads like anything that the SDK throws. Returns what was asked, in order.
 */
export function interceptCalls(
  service: 'secrets' | 'iam',
  handle: (asked: Asked, go: () => Promise<unknown>) => Promise<unknown> = (_asked, go) => go(),
): readonly Asked[] {
  const all: Asked[] = [];
  const real = AwsClient.prototype[service] as Ask;
  const ask: Ask = function (action, call, signal) {
    const between: Call = (api, options) => {
      const handler = {
        get: (_api: object, method: string) => (request: unknown) => {
          all.push({method, request});
          return handle({method, request}, () => Reflect.get(api, method).call(api, request, options));
        },
      };
      return call(new Proxy(api, handler), options);
    };
    return real.call(this, action, between, signal);
  };
  vi.spyOn(AwsClient.prototype, service).mockImplementation(ask as never);
  onTestFinished(() => void vi.restoreAllMocks());
  return all;
}

/** What the SDK throws where AWS refuses. */
export function refusal(name: string, message: string): Error {
  return Object.assign(new Error(message), {name, $metadata: {httpStatusCode: 400}});
}

/** What the SDK throws where a call was made and its answer never came. */
export function lostAnswer(): Error {
  return Object.assign(new Error('cut'), {code: 'ECONNRESET'});
}
