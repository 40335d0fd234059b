import {once} from 'node:events';
import {createServer, connect as openSocket, type Server, type Socket} from 'node:net';
import {createServer as createTlsServer} from 'node:tls';

/** What happens to each connection from then on, and to those that are open. */
export type Fault =
  | {readonly kind: 'none'}
  /** Nobody listens. */
  | {readonly kind: 'refused'}
  /** Cut off with RST as soon as something is sent. */
  | {readonly kind: 'reset'}
  /** Taken, and never answered. */
  | {readonly kind: 'half-open'}
  /** Each piece of an answer that much later. */
  | {readonly kind: 'latency'; readonly ms: number}
  /** The answer comes a byte at a time. */
  | {readonly kind: 'slow-bytes'; readonly ms: number}
  /** This instead of any answer, and then the end. */
  | {readonly kind: 'answer'; readonly bytes: Buffer}
  /** It proves to be another: only where the proxy speaks TLS. */
  | {readonly kind: 'wrong-certificate'};

type Certificate = {readonly key: string; readonly cert: string};

export type FaultyProxy = {
  /** `host:port`. */
  readonly address: string;
  /** What the fault that is set now has met so far: connections and pieces of what was sent or answered. */
  readonly met: number;
  set(fault: Fault): Promise<void>;
  close(): Promise<void>;
};

/**
 * Stands between a run and one system, on loopback. What it does can be changed at any moment. `pauseMs`: how much later
 * each answer comes, fault or none. `tls`: it speaks TLS, the system behind it does not.
 */
export async function startFaultyProxy(
  target: string,
  {
    pauseMs = 0,
    tls,
  }: {readonly pauseMs?: number; readonly tls?: {readonly right: Certificate; readonly wrong: Certificate}} = {},
): Promise<FaultyProxy> {
  const [host = '', port = ''] = target.split(':');
  const clients = new Set<Socket>();
  let fault: Fault = {kind: 'none'};
  let met = 0;
  const meet = (): Fault => {
    if (fault.kind !== 'none') met += 1;
    return fault;
  };
  const onClient = (client: Socket): void => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => client.destroy());
    pass(client, openSocket(Number(port), host), meet, pauseMs);
  };
  const secured = tls === undefined ? undefined : createTlsServer({...tls.right}, onClient);
  // Whoever does not trust it ends the handshake.
  secured?.on('tlsClientError', meet);
  const server: Server = secured ?? createServer(onClient);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const own = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    address: `127.0.0.1:${own}`,
    get met() {
      return met;
    },
    set: async (next) => {
      fault = next;
      met = next.kind === 'refused' ? 1 : 0;
      if (tls !== undefined) secured?.setSecureContext(next.kind === 'wrong-certificate' ? tls.wrong : tls.right);
      if (next.kind === 'wrong-certificate') for (const client of clients) client.destroy();
      const isListening = server.listening;
      if (next.kind === 'refused' && isListening) {
        server.close();
        for (const client of clients) client.resetAndDestroy();
        await once(server, 'close');
      } else if (next.kind !== 'refused' && !isListening) {
        server.listen(own, '127.0.0.1');
        await once(server, 'listening');
      }
      if (next.kind === 'reset') for (const client of clients) client.resetAndDestroy();
    },
    close: async () => {
      for (const client of clients) client.destroy();
      if (server.listening) server.close();
    },
  };
}

/** An HTTP answer as it stands on the wire. */
export function httpAnswer(status: string, body: string, headers: Readonly<Record<string, string>> = {}): Fault {
  const all = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return {kind: 'answer', bytes: Buffer.from(`HTTP/1.1 ${status}\r\n${head.join('')}\r\n${body}`)};
}

function pass(client: Socket, system: Socket, meet: () => Fault, pauseMs: number): void {
  system.on('error', () => client.destroy());
  client.on('close', () => system.destroy());
  client.on('end', () => system.end());
  client.on('data', (sent) => {
    const fault = meet();
    if (fault.kind === 'reset') client.resetAndDestroy();
    else if (fault.kind === 'answer') client.end(fault.bytes);
    else if (fault.kind !== 'half-open') system.write(sent);
  });
  let drained = Promise.resolve();
  system.on('data', (answer) => {
    const fault = meet();
    if (fault.kind === 'half-open') return;
    const ms = pauseMs + (fault.kind === 'latency' ? fault.ms : 0);
    drained = drained.then(() =>
      fault.kind === 'slow-bytes' ? trickle(client, answer, fault.ms) : later(client, answer, ms),
    );
  });
  system.on('end', () => void drained.then(() => client.end()));
}

async function later(client: Socket, bytes: Buffer, ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  if (!client.destroyed) client.write(bytes);
}

async function trickle(client: Socket, bytes: Buffer, ms: number): Promise<void> {
  for (const byte of bytes) {
    if (client.destroyed) return;
    client.write(Buffer.of(byte));
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}
