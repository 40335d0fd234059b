import type {Observation} from '../../contract/observation.ts';
import {ExchangeError} from '../http-exchange.ts';
import type {Asked} from './question.ts';
import type {Era} from './requests.ts';

/** What an answer says, whatever was asked. `toolError` is what the drill takes a result with `isError` for. */
export function judgeAnswer(
  {answer: {status, message}, era}: Asked,
  toolError: 'denied' | 'indeterminate' = 'indeterminate',
): Observation {
  const facts = {...(era === undefined ? {} : {era}), status};
  const indeterminate = (code: string): Observation => ({state: 'indeterminate', code, facts});
  if (isRefusal(status)) return {state: 'denied', code: String(status), ownControl: true, facts};
  if (isPassing(status)) return indeterminate(String(status));
  if (message?.error !== undefined) return indeterminate(`jsonrpc:${message.error.code}`);
  if (status < 200 || status > 299) return indeterminate(String(status));
  if (message?.result === undefined) return indeterminate('protocol');
  const {isError, resultType = 'complete'} = message.result;
  if (isError === true) return {state: toolError, code: 'tool-error', facts};
  return resultType === 'complete' ? {state: 'allowed', code: String(status), facts} : indeterminate('incomplete');
}

/** Nobody answered, or not in HTTP. One that objects to our own certificate is alive, and refuses it. */
export function judgeSilence(error: unknown, era: Era | undefined, showsCertificate: boolean): Observation {
  if (!(error instanceof ExchangeError)) throw error;
  const facts = era === undefined ? {} : {facts: {era}};
  const {code, refusal} = error;
  if (showsCertificate && refusal !== undefined) {
    return {state: 'denied', code: `tls:${refusal}`, ownControl: true, ...facts};
  }
  if (code === 'PROTOCOL') return {state: 'indeterminate', code: 'protocol', ...facts};
  return {state: 'unreachable', code: code === 'ABORTED' ? 'TIMEOUT' : code, ...facts};
}

/** The server, or what stands before it, refused the credential. */
export function isRefusal(status: number): boolean {
  return status === 401 || status === 403;
}

/** It may be otherwise in a moment: says neither what the server speaks nor what it thinks of the credential. */
export function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}
