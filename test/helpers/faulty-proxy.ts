import {once} from 'node:events';
import {createServer, connect as openSocket, type Socket} from 'node:net';

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
  | {readonly kind: 'answer'; readonly bytes: Buffer};

export type FaultyProxy = {
  /** `host:port`. */
  readonly address: string;
  set(fault: Fault): Promise<void>;
  close(): Promise<void>;
};

/** Stands between a run and one system, on loopback. What it does can be changed at any moment. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const [host = '', port = ''] = target.split(':');
  const clients = new Set<Socket>();
  let fault: Fault = {kind: 'none'};
  const server = createServer((client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => client.destroy());
    pass(client, openSocket(Number(port), host), () => fault);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const own = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    address: `127.0.0.1:${own}`,
    set: async (next) => {
      fault = next;
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

function pass(client: Socket, system: Socket, faultNow: () => Fault): void {
  system.on('error', () => client.destroy());
  client.on('close', () => system.destroy());
  client.on('end', () => system.end());
  system.on('end', () => client.end());
  client.on('data', (sent) => {
    const fault = faultNow();
    if (fault.kind === 'reset') client.resetAndDestroy();
    else if (fault.kind === 'answer') client.end(fault.bytes);
    else if (fault.kind !== 'half-open') system.write(sent);
  });
  let drained = Promise.resolve();
  system.on('data', (answer) => {
    const fault = faultNow();
    if (fault.kind === 'half-open') return;
    if (fault.kind === 'latency') setTimeout(() => client.write(answer), fault.ms);
    else if (fault.kind === 'slow-bytes') drained = drained.then(() => trickle(client, answer, fault.ms));
    else client.write(answer);
  });
}

async function trickle(client: Socket, bytes: Buffer, ms: number): Promise<void> {
  for (const byte of bytes) {
    if (client.destroyed) return;
    client.write(Buffer.of(byte));
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}
