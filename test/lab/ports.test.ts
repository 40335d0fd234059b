import {once} from 'node:events';
import {createServer} from 'node:net';
import {describe, expect, it} from 'vitest';
import {chooseAwsPorts, choosePorts, defaultPorts, readPorts} from '../../lab/ports.ts';

describe('lab/ports', () => {
  it('takes one port a system from the base on', async () => {
    const {vault: base} = await choosePorts('auto');

    expect(await choosePorts(base)).toEqual({
      vault: base,
      postgres: base + 1,
      'orders-mcp': base + 2,
      checkout: base + 3,
      assistant: base + 4,
    });
  });

  it('leaves room for the other labs where moto stands in for AWS', async () => {
    const {aws} = await chooseAwsPorts('auto');

    expect(await chooseAwsPorts(aws - 5)).toEqual({
      aws,
      'billing-api': aws + 1,
      'billing-mcp': aws + 2,
      reporting: aws + 3,
    });
  });

  it('has a default below the ports of outgoing connections', () => {
    expect(defaultPorts).toBe(18_200);
  });

  it('reads `auto`, or the first of the ports', () => {
    expect(readPorts('auto')).toBe('auto');
    expect(readPorts('1024')).toBe(1024);
    expect(readPorts('65000')).toBe(65_000);
  });

  it.each(['', 'many', '80', '65001', '28200.5', '-1', 'AUTO'])('refuses `%s` for ports', (text) => {
    const message = `Expected --ports to be \`auto\` or a number from 1024 to 65000, got \`${text}\`.`;

    expect(() => readPorts(text)).toThrow(message);
  });

  it('names the system whose port further on is taken', async () => {
    const {vault: base, checkout} = await choosePorts('auto');
    const server = createServer().listen(checkout, '127.0.0.1');
    await once(server, 'listening');

    await expect(choosePorts(base)).rejects.toThrow(`Expected port ${checkout} to be free for checkout`);
    server.close();
  });

  it('takes free ports that differ, below those of outgoing connections', async () => {
    const chosen = await Promise.all(Array.from({length: 20}, () => choosePorts('auto')));

    for (const ports of chosen.map((each) => Object.values(each))) {
      expect(new Set(ports).size).toBe(5);
      expect(Math.max(...ports)).toBeLessThan(32_768);
    }
  });

  it('says which port is taken, for which system, and what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const chosen = choosePorts(port);

    await expect(chosen).rejects.toThrow(`Expected port ${port} to be free for vault, and it is taken.`);
    await expect(choosePorts(port)).rejects.toThrow(/npm run lab -- up --ports \d{4,5}`/);
    server.close();
  });
});
