import type {ClientRequest, IncomingHttpHeaders, IncomingMessage} from 'node:http';
import {type Latency, timeExchange} from './exchange-latency.ts';
import type {TlsTexts} from './read-tls.ts';

export type ExchangeRequest = {
  readonly url: URL;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** From the call to the last byte; slow bytes do not extend it. */
  readonly timeoutMs: number;
  /** Reading stops here. */
  readonly maxBodyBytes: number;
  /** Whether what was read is all that is wanted: a server may keep a stream open after it. */
  isComplete?(headers: IncomingHttpHeaders, body: Buffer): boolean;
  readonly signal: AbortSignal;
  /** For https alone. With `ca`, nobody else is trusted; with `cert` and `key`, who is asked may know who asks. */
  readonly tls?: TlsTexts;
};

export type Exchange = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** True where there was more than `maxBodyBytes`. */
  readonly truncated: boolean;
  readonly latency: Latency;
};

/** No answer, or none that HTTP allows. The message tells the code alone: what was sent and what came back stay out of it. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  /** An errno (`ECONNREFUSED`, `ENOTFOUND`, `ECONNRESET`), `TIMEOUT`, `TLS`, `ABORTED`, or `PROTOCOL`: something answered, not in HTTP. */
  readonly code: string;
  readonly tls: boolean;
  /** What the other side objects to in our certificate (`certificate-revoked`, `unknown-ca`): it is alive, and refuses. */
  readonly refusal: string | undefined;

  constructor(code: string, cause?: unknown) {
    super(`The exchange ended without an answer: ${code}.`, {cause});
    this.code = code;
    this.tls = code === 'TLS';
    this.refusal = this.tls ? refusalOf(cause) : undefined;
  }
}

/**
 * One request and its answer, over a connection of its own. No redirect is followed, no proxy or other environment is
 * heeded, and nothing is asked twice: what comes back is what this one request met.
 */
export async function exchange(request: ExchangeRequest): Promise<Exchange> {
  if (request.signal.aborted) throw new ExchangeError(isTimeLimit(request.signal) ? 'TIMEOUT' : 'ABORTED');
  const {promise, resolve, reject} = Promise.withResolvers<Exchange>();
  const outgoing = open(request);
  const latency = timeExchange(outgoing);
  const end = (error: ExchangeError): void => {
    reject(error);
    outgoing.destroy();
  };
  const timer = setTimeout(() => end(new ExchangeError('TIMEOUT')), request.timeoutMs);
  const onAbort = (): void => end(new ExchangeError(isTimeLimit(request.signal) ? 'TIMEOUT' : 'ABORTED'));
  request.signal.addEventListener('abort', onAbort, {once: true});
  outgoing.on('error', (error) => end(failureOf(error)));
  outgoing.on('upgrade', (_incoming, socket) => {
    socket.destroy();
    end(new ExchangeError('PROTOCOL'));
  });
  outgoing.on('response', (incoming) => {
    readBody(incoming, request).then(
      (read) => resolve({status: incoming.statusCode ?? 0, headers: incoming.headers, ...read, latency: latency()}),
      (error: unknown) => end(failureOf(error)),
    );
  });
  outgoing.end(request.body);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener('abort', onAbort);
    outgoing.destroy();
  }
}

function open({url, method, headers, body, tls}: ExchangeRequest): ClientRequest {
  const length = body === undefined ? {} : {'content-length': String(Buffer.byteLength(body))};
  const options = {method, agent: false, headers: {...headers, ...length, connection: 'close'}} as const;
  try {
    // An import would load all that the module can give, and with it 25 ms of what is not used, also where nothing is sent.
    if (url.protocol !== 'https:') return process.getBuiltinModule('node:http').request(url, options);
    // Said outright, since NODE_TLS_REJECT_UNAUTHORIZED would otherwise switch it off.
    return process.getBuiltinModule('node:https').request(url, {...options, ...tls, rejectUnauthorized: true});
  } catch (error) {
    throw failureOf(error);
  }
}

/** A signal of `AbortSignal.timeout` says that nobody answered in time, as our own limit does. */
function isTimeLimit(signal: AbortSignal): boolean {
  return signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
}

/** By events, which cost less than an iterator over the stream. */
function readBody(
  incoming: IncomingMessage,
  {maxBodyBytes: limit, isComplete}: Pick<ExchangeRequest, 'maxBodyBytes' | 'isComplete'>,
): Promise<Pick<Exchange, 'body' | 'truncated'>> {
  const {promise, resolve, reject} = Promise.withResolvers<Pick<Exchange, 'body' | 'truncated'>>();
  const chunks: Buffer[] = [];
  let read = 0;
  const finish = (): void => resolve({body: Buffer.concat(chunks).subarray(0, limit), truncated: read > limit});
  incoming.on('data', (chunk: Buffer) => {
    if (read > limit) return;
    chunks.push(chunk);
    read += chunk.length;
    if (read > limit || isComplete?.(incoming.headers, Buffer.concat(chunks)) === true) finish();
  });
  incoming.on('end', finish);
  incoming.on('error', reject);
  return promise;
}

const tlsCodes =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|HOSTNAME_MISMATCH|ERROR_IN_CERT_|ERROR_IN_CRL_|CRL_|EPROTO$)/;

/** The error of the parser holds the bytes that it could not read, which may quote what was sent. */
function failureOf(error: unknown): ExchangeError {
  const isOfParser = error instanceof Error && 'rawPacket' in error;
  return new ExchangeError(codeOf(error), isOfParser ? undefined : error);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (tlsCodes.test(code)) return 'TLS';
  if (code === 'ABORT_ERR' || code === 'ERR_STREAM_PREMATURE_CLOSE') return 'ECONNRESET';
  return /^E(?!RR_)[A-Z0-9_]+$/.test(code) ? code : 'PROTOCOL';
}

/** An alert that the other side sent about the certificate that it was shown, or missed. */
const alert =
  /^ERR_SSL_.*_ALERT_(CERTIFICATE_(?:REQUIRED|REVOKED|EXPIRED|UNKNOWN)|(?:BAD|UNSUPPORTED|NO)_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)$/;

function refusalOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return alert.exec(code)?.[1]?.toLowerCase().replaceAll('_', '-');
}
