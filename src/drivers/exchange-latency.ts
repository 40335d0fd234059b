import type {ClientRequest} from 'node:http';

/**
 * Where the time of one exchange went, in milliseconds to a tenth. Only what there was: an address has no `dnsMs`, plain
 * HTTP no `tlsMs`. The parts follow each other; `totalMs` ends with the last byte that was read.
 */
export type Latency = {
  readonly dnsMs?: number;
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly firstByteMs?: number;
  readonly totalMs: number;
};

/** Reads the time at each turn of a request that was just made; what it returns tells where it went so far. */
export function timeExchange(request: ClientRequest): () => Latency {
  const startedAt = performance.now();
  const turns: {lookedUpAt?: number; connectedAt?: number; securedAt?: number; answeredAt?: number} = {};
  request.once('socket', (socket) => {
    socket.once('lookup', () => (turns.lookedUpAt = performance.now()));
    socket.once('connect', () => (turns.connectedAt = performance.now()));
    socket.once('secureConnect', () => (turns.securedAt = performance.now()));
  });
  request.once('response', () => (turns.answeredAt = performance.now()));
  return () => {
    const {lookedUpAt, connectedAt, securedAt, answeredAt} = turns;
    const sentAt = securedAt ?? connectedAt;
    return {
      ...part('dnsMs', startedAt, lookedUpAt),
      ...part('connectMs', lookedUpAt ?? startedAt, connectedAt),
      ...part('tlsMs', connectedAt, securedAt),
      ...part('firstByteMs', sentAt, answeredAt),
      totalMs: tenths(performance.now() - startedAt),
    };
  };
}

function part(name: Exclude<keyof Latency, 'totalMs'>, from: number | undefined, to: number | undefined) {
  return from === undefined || to === undefined ? {} : {[name]: tenths(to - from)};
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
