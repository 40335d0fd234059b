import {DriverError, type DriverErrorCode} from '../../contract/driver-error.ts';
import type {ExchangeError} from '../http-exchange.ts';

/** It answered, and not with what was asked for. `code` is what an observation of it would say. */
export function refused(url: URL, code: string): DriverError {
  const message = `Expected the MCP server at ${url.href} to list its tools, got ${code}. ${adviceOf(code)}`;
  return new DriverError(message, {code: meaningOf(code), retryable: /^(?:429|5\d\d)$/.test(code), detail: code});
}

export function unanswered({href}: URL, error: ExchangeError): DriverError {
  const {code: detail} = error;
  const message = `Expected the MCP server at ${href} to answer, got ${detail}. Start it, or correct the address.`;
  const code = detail === 'TIMEOUT' ? 'timeout' : detail === 'PROTOCOL' ? 'protocol' : 'unreachable';
  return new DriverError(message, {code, retryable: code !== 'protocol', detail, cause: error});
}

function meaningOf(code: string): DriverErrorCode {
  if (code.startsWith('jsonrpc:')) return 'rejected';
  if (/^5\d\d$/.test(code)) return 'unavailable';
  return byStatus.get(code) ?? 'protocol';
}

const byStatus: ReadonlyMap<string, DriverErrorCode> = new Map([
  ['401', 'unauthenticated'],
  ['403', 'forbidden'],
  ['404', 'not-found'],
  ['429', 'rate-limited'],
]);

function adviceOf(code: string): string {
  if (code === '401') return 'Give a `token` that it accepts.';
  if (code === '403') return 'Give a `token` that may do this.';
  return /^(?:429|5\d\d)$/.test(code) ? 'Look at its log.' : 'Correct its `url`, or say its `era`.';
}
