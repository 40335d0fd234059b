import {once} from 'node:events';
import {createServer} from 'node:net';
import type {LabPorts} from './state.ts';

export const defaultPorts = 18_200;
const systems = [
  'vault',
  'postgres',
  'orders-mcp',
  'checkout',
  'assistant',
] as const satisfies readonly (keyof LabPorts)[];

/** One port a system: from `base` on, or any that are free. Throws, and names the system, where one is taken. */
export async function choosePorts(base: number | 'auto'): Promise<LabPorts> {
  const chosen: Record<string, number> = {};
  for (const [index, system] of systems.entries()) {
    const port = await claim(base === 'auto' ? 0 : base + index);
    if (port === undefined) {
      const wanted = base === 'auto' ? 0 : base + index;
      throw new Error(
        `Expected port ${wanted} to be free for ${system}, and it is taken. If it is an older lab: \`npm run lab -- down\`. Otherwise choose others: \`npm run lab -- up --ports ${wanted + 10_000}\`.`,
      );
    }
    chosen[system] = port;
  }
  return {
    vault: chosen.vault ?? 0,
    postgres: chosen.postgres ?? 0,
    'orders-mcp': chosen['orders-mcp'] ?? 0,
    checkout: chosen.checkout ?? 0,
    assistant: chosen.assistant ?? 0,
  };
}

/** The port, if nobody listens on it. */
async function claim(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
