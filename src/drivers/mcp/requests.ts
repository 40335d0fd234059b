/** `2026-07-28` has neither handshake nor session; every revision before it may have both. */
export type Era = '2025-11-25' | '2026-07-28';

/** One JSON-RPC message with the headers that the transport asks for. A notification has no `id`. */
export type RpcRequest = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly jsonrpc: '2.0';
    readonly id?: number;
    readonly method: string;
    readonly params?: Params;
  };
};

/** What can be asked of a server in one request, in either era. */
export type Method = 'server/discover' | 'tools/call' | 'tools/list';

export type Params = Readonly<Record<string, unknown>>;

const modern: Era = '2026-07-28';
const legacy: Era = '2025-11-25';
const clientInfo = {name: 'offdrill', version: '1'};

/** `server/discover`, which every server of the modern era has. */
export function discoverRequest(): RpcRequest {
  return modernRequest('server/discover', {});
}

export function modernRequest(method: Method, params: Params): RpcRequest {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': modern,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': clientInfo,
  };
  return {
    headers: {'mcp-protocol-version': modern, 'mcp-method': method, ...nameHeader(params)},
    body: {jsonrpc: '2.0', id: 1, method, params: {...params, _meta}},
  };
}

export function initializeRequest(): RpcRequest {
  const params = {protocolVersion: legacy, capabilities: {}, clientInfo};
  return {headers: {}, body: {jsonrpc: '2.0', id: 1, method: 'initialize', params}};
}

/** What the server settled in its answer to `initialize`. */
export type LegacySession = {readonly protocolVersion: string; readonly sessionId: string | undefined};

export function initializedNotice(session: LegacySession): RpcRequest {
  return {headers: legacyHeaders(session), body: {jsonrpc: '2.0', method: 'notifications/initialized'}};
}

export function legacyRequest(session: LegacySession, method: Method, params: Params): RpcRequest {
  return {headers: legacyHeaders(session), body: {jsonrpc: '2.0', id: 2, method, params}};
}

export function legacyHeaders({protocolVersion, sessionId}: LegacySession): Record<string, string> {
  const named = sessionId === undefined ? {} : {'mcp-session-id': sessionId};
  return {'mcp-protocol-version': protocolVersion, ...named};
}

/** The newer era wants the name of what is called repeated as a header. */
function nameHeader({name}: Params): Record<string, string> {
  return typeof name === 'string' ? {'mcp-name': name} : {};
}
