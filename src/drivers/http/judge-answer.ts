import type {Observation} from '../../contract/observation.ts';
import type {Exchange, ExchangeError} from '../http-exchange.ts';
import {containsJson} from './contains-json.ts';
import type {Expectations} from './expectations.ts';
import {readJson} from './read-json.ts';

/** What an answer says. Whatever refuses over HTTP is alive, so a refusal is its own control; a 5xx is none. */
export function judgeAnswer(
  answer: Exchange,
  expected: Pick<Expectations, 'status' | 'denied-status' | 'json' | 'answer-headers'>,
): Pick<Observation, 'state' | 'code' | 'ownControl'> {
  const {status} = answer;
  const code = String(status);
  if (expected.status.includes(status)) {
    const fault = faultOf(answer, expected);
    return fault === undefined ? {state: 'allowed', code} : {state: 'indeterminate', code: fault};
  }
  if (status === 401 || status === 403 || expected['denied-status'].includes(status)) {
    return {state: 'denied', code, ownControl: true};
  }
  return {state: 'indeterminate', code};
}

/** Nobody answered, or not in HTTP. One that objects to our own certificate is alive, and refuses it. */
export function judgeSilence({code, refusal}: ExchangeError, showsCertificate: boolean): Observation {
  if (showsCertificate && refusal !== undefined) return {state: 'denied', code: `tls:${refusal}`, ownControl: true};
  return {state: code === 'PROTOCOL' || code === 'ABORTED' ? 'indeterminate' : 'unreachable', code};
}

/** In what an answer of the right status is not what it should be. */
function faultOf(
  {headers, body, truncated}: Exchange,
  {json, 'answer-headers': wanted = {}}: Pick<Expectations, 'json' | 'answer-headers'>,
): string | undefined {
  const differs = Object.entries(wanted).some(([name, value]) => textOf(headers[name.toLowerCase()]) !== value);
  if (differs) return 'header-differs';
  if (json === undefined) return undefined;
  if (truncated) return 'body-too-large';
  const found = readJson(body);
  if (found === undefined) return 'body-not-json';
  return containsJson(found, json) ? undefined : 'json-differs';
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}
