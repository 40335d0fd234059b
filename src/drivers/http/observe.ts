import type {Observation} from '../../contract/observation.ts';
import type {Context} from '../../contract/operation.ts';
import {ExchangeError, type ExchangeRequest} from '../http-exchange.ts';
import {tellInstance} from '../instance.ts';
import {readTls, type Tls} from '../read-tls.ts';
import {exchangeWithinOrigin} from './exchange-within-origin.ts';
import type {Expectations} from './expectations.ts';
import {judgeAnswer, judgeSilence} from './judge-answer.ts';
import {readJson} from './read-json.ts';

/** The probe's own limit, which its clock sets, ends it sooner. */
const timeoutMs = 60_000;

type Asked = Expectations & {readonly url: string; readonly tls?: Tls | undefined};

/** Asks once and keeps nothing of the answer but its status, where the time went, and which process gave it. */
export async function observe(
  input: Asked,
  request: Pick<ExchangeRequest, 'method' | 'headers' | 'body'>,
  {signal, base}: Pick<Context, 'signal' | 'base'>,
): Promise<Observation> {
  const {url, status, 'denied-status': deniedStatus, 'body-limit': maxBodyBytes, follow, instance} = input;
  const tls = await readTls(input.tls ?? {}, base);
  const isFinal = (met: number): boolean => !follow || status.includes(met) || deniedStatus.includes(met);
  try {
    const asked = {...request, url: new URL(url), timeoutMs, maxBodyBytes, signal, tls};
    const followed = await exchangeWithinOrigin(asked, isFinal);
    if (followed.kind === 'left') return {state: 'indeterminate', code: followed.code};
    const {answer, redirects} = followed;
    const told = {headers: answer.headers, body: () => readJson(answer.body)};
    return {
      ...tellInstance(judgeAnswer(answer, input), instance, told),
      facts: {...answer.latency, ...(redirects === 0 ? {} : {redirects})},
    };
  } catch (error) {
    if (error instanceof ExchangeError) return judgeSilence(error, tls.cert !== undefined);
    throw error;
  }
}
