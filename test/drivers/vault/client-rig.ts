import net from 'node:net';
import {onTestFinished} from 'vitest';
import {createVaultClient, type VaultClient} from '../../../src/drivers/vault/client.ts';
import {listen} from '../http/serve.ts';
import {type StandIn, startStandIn} from './stand-in.ts';

export const signal = new AbortController().signal;
export const token = 'hvs.token-of-test';
export const secret = 'secret-of-test';

export function clientOf(
  {address}: {readonly address: string},
  more: {readonly namespace?: string; readonly timeoutMs?: number} = {},
): Promise<VaultClient> {
  return createVaultClient({address, timeoutMs: 2000, ...more});
}

/** A stand-in for Vault until the test is over. */
export async function standIn(...args: Parameters<typeof startStandIn>): Promise<StandIn> {
  const started = await startStandIn(...args);
  onTestFinished(() => started.close());
  return started;
}

/** A stand-in with one answer to everything; a body that is no string is sent as JSON. */
export function answering(
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<StandIn> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return standIn((_asked, response) => response.writeHead(status, headers).end(text));
}

/** What does as it likes with each request's connection. */
export async function rawServer(
  onRequest: (socket: net.Socket) => void,
): Promise<{readonly address: string; connections(): number}> {
  let count = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    count++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => onRequest(socket));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const {port} = await listen(server);
  return {address: `http://127.0.0.1:${port}`, connections: () => count};
}

/** A port on which nobody listens. */
export async function nobody(): Promise<{readonly address: string}> {
  const started = await startStandIn();
  await started.close();
  return started;
}
