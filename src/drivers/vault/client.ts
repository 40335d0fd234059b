import {DriverError} from '../../contract/driver-error.ts';
import {type Exchange, ExchangeError, exchange} from '../http-exchange.ts';
import type {TlsTexts} from '../read-tls.ts';
import type {VaultAnswer, VaultRequest} from './exchange.ts';
import {refusedBy, unanswered} from './failure.ts';

export type VaultClient = {
  /** Any answer, whatever its status. Throws a DriverError where nobody answers, or not as Vault does. */
  ask(request: VaultRequest): Promise<VaultAnswer>;
  /** An answer with success (200, 202, 204). Throws a DriverError otherwise. */
  call(request: VaultRequest): Promise<VaultAnswer>;
};

type Transport = (
  options: Readonly<Record<string, unknown>>,
) => Promise<{statusCode: number; body: unknown; request: {path: string}}>;

/** node-vault can't be made to send no token; the transport takes this one away. */
const sentinel = 'offdrill-no-token';
const maxBodyBytes = 8 << 20;

/**
 * node-vault behind one door. It builds the requests; everything that it would take from the environment, remember from an
 * answer or follow by itself is closed: the transport is ours, each request carries its own token or none, no redirect is
 * followed, and no error of its own gets out.
 */
export async function createVaultClient(options: {
  readonly address: string;
  readonly namespace?: string;
  readonly timeoutMs: number;
  readonly tls?: TlsTexts;
}): Promise<VaultClient> {
  const {default: createNodeVault} = await import('node-vault');
  const transport: Transport = async (sent) => {
    const answer = await send(sent, options);
    return {statusCode: answer.status, body: answer, request: {path: String(sent.uri)}};
  };
  const settings: Record<string, unknown> = {
    endpoint: options.address,
    token: sentinel,
    'request-promise': {defaults: () => transport},
    commands: {},
    debug: () => undefined,
  };
  const nodeVault = createNodeVault(settings);
  // VAULT_PREFIX and VAULT_NAMESPACE of the environment are fallbacks in there.
  Object.assign(nodeVault, {pathPrefix: '', namespace: options.namespace ?? ''});
  nodeVault.handleVaultResponse = (response) => Promise.resolve(response?.body);

  const ask = async (request: VaultRequest): Promise<VaultAnswer> => {
    const {method, path, token, body, query, signal} = request;
    refuseWhatCannotBeSent(request);
    const headers = token === undefined ? {} : {'X-Vault-Token': token};
    const list = method === 'LIST' ? {list: 'true'} : undefined;
    const after = new URLSearchParams(list ?? query).toString();
    const asked = {method: list === undefined ? method : 'GET', path: `/${path}${after === '' ? '' : `?${after}`}`};
    try {
      const sent = nodeVault.request({...asked, headers, signal, ...(body === undefined ? {} : {json: body})});
      return readAnswer(await sent, options.address);
    } catch (error) {
      throw error instanceof ExchangeError ? unanswered(error, options.address) : error;
    }
  };
  return {
    ask,
    call: async (request) => {
      const answer = await ask(request);
      if (answer.status === 200 || answer.status === 202 || answer.status === 204) return answer;
      throw refusedBy(request, answer, options.address);
    },
  };
}

/** A path of these segments, in which nothing becomes a query or a fragment. A segment may be a path of its own, as a mount is. */
export function pathOf(...segments: readonly string[]): string {
  return segments.map((segment) => segment.split('/').map(encodeURIComponent).join('/')).join('/');
}

/** A URL resolves `..` on its way out, and what was meant for one role would meet another path. */
function refuseWhatCannotBeSent({path, token}: VaultRequest): void {
  if (new URL(`http://vault/${path}`).pathname !== `/${path}`) {
    throw new DriverError(
      `Expected a path that is sent to Vault as it stands, got \`${path}\`. Use neither \`.\` nor \`..\` as a segment.`,
      {code: 'rejected'},
    );
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new DriverError(
      'Expected a token of printable ASCII without spaces, got something else. Does the secret end with a line break?',
      {code: 'rejected'},
    );
  }
}

async function send(
  sent: Readonly<Record<string, unknown>>,
  {timeoutMs, tls}: {readonly timeoutMs: number; readonly tls?: TlsTexts},
): Promise<Exchange> {
  const headers: Record<string, string> = {accept: 'application/json'};
  for (const [name, value] of Object.entries({...(sent.headers ?? {})})) {
    if (value !== sentinel) headers[name] = String(value);
  }
  const body = sent.json === undefined ? undefined : JSON.stringify(sent.json);
  if (body !== undefined) headers['content-type'] = 'application/json';
  return exchange({
    url: new URL(String(sent.uri)),
    method: String(sent.method),
    headers,
    ...(body === undefined ? {} : {body}),
    timeoutMs,
    maxBodyBytes,
    ...(tls === undefined ? {} : {tls}),
    signal: sent.signal as AbortSignal,
  });
}

function readAnswer(value: unknown, address: string): VaultAnswer {
  const {status, body, truncated, headers} = value as Exchange;
  if (status >= 300 && status < 400) {
    const {location} = headers;
    const where = (location === undefined ? undefined : URL.parse(location, address)?.origin) ?? 'somewhere else';
    throw new DriverError(
      `Expected Vault at ${address} to answer, and it points to ${where}. No redirect is followed: connect to the active node.`,
      {code: 'rejected', detail: String(status)},
    );
  }
  if (body.length === 0) return {status, body: undefined};
  const parsed = truncated ? undefined : parseObject(body);
  if (parsed !== undefined) return {status, body: parsed};
  // A proxy in front says in a page of its own that nothing is behind it.
  if (status >= 500) return {status, body: undefined};
  throw new DriverError(
    `Expected Vault at ${address} to answer in JSON, got ${truncated ? 'too much' : 'something else'} with status ${status}. Is something else listening there?`,
    {code: 'protocol', detail: String(status)},
  );
}

/** A parser's message quotes what it read, so it goes no further. */
function parseObject(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? {...value} : undefined;
  } catch {
    return undefined;
  }
}
