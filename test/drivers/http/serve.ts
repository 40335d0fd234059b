import {once} from 'node:events';
import http, {type RequestListener} from 'node:http';
import type {AddressInfo, Server} from 'node:net';
import {onTestFinished} from 'vitest';

/** A real HTTP server on a free port until the test is over. */
export async function serve(listener: RequestListener): Promise<URL> {
  const {port} = await listen(http.createServer(listener));
  return new URL(`http://127.0.0.1:${port}/`);
}

/** Listens on a free port of every local address until the test is over. */
export async function listen(server: Server): Promise<{port: number}> {
  server.listen(0);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
  });
  return {port: (server.address() as AddressInfo).port};
}
