import {once} from 'node:events';
import {createServer} from 'node:net';
import {describe, expect, it} from 'vitest';
import {choosePorts} from '../../lab/ports.ts';

describe('lab/ports', () => {
  it('takes one port a system from the base on', async () => {
    const {vault} = await choosePorts('auto');
    const base = Math.min(vault, 60_000);

    const ports = await choosePorts(base).catch(() => undefined);

    // Another process may have taken one of them meanwhile; then it is refused, as below.
    if (ports !== undefined) expect(Object.values(ports)).toEqual([0, 1, 2, 3, 4].map((offset) => base + offset));
  });

  it('takes free ports that differ', async () => {
    const ports = Object.values(await choosePorts('auto'));

    expect(new Set(ports).size).toBe(5);
  });

  it('says which port is taken, for which system, and what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const chosen = choosePorts(port);

    await expect(chosen).rejects.toThrow(`Expected port ${port} to be free for vault, and it is taken.`);
    await expect(choosePorts(port)).rejects.toThrow(`npm run lab -- up --ports ${port + 10_000}`);
    server.close();
  });
});
