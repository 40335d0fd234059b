import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import {onTestFinished} from 'vitest';

/** A line to the server, until the test is over, and every byte that clients have sent over it. */
export async function recordLine(port: number): Promise<{port: number; sent(): string}> {
  const chunks: Buffer[] = [];
  const listener = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.on('data', (chunk: Buffer) => chunks.push(chunk));
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => void listener.close());
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {port: address.port, sent: () => Buffer.concat(chunks).toString('latin1')};
}
