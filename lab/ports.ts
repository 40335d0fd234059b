import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AwsPorts, LabPorts} from './state.ts';

export const defaultPorts = 18_200;
const systems = [
  'vault',
  'postgres',
  'orders-mcp',
  'checkout',
  'assistant',
] as const satisfies readonly (keyof LabPorts)[];
/** After those of the other labs, so that both can run. */
const awsSystems = ['aws', 'billing-api', 'billing-mcp', 'reporting'] as const satisfies readonly (keyof AwsPorts)[];

/** Below the ports that systems give to outgoing connections, which could take one before its server does. */
const autoRange = {from: 20_000, to: 32_000};
const autoTries = 50;

/** What a person said of the ports. Throws where it is neither `auto` nor the first of five. */
export function readPorts(text: string): number | 'auto' {
  if (text === 'auto') return 'auto';
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1024 || port > 65_000) {
    throw new Error(`Expected --ports to be \`auto\` or a number from 1024 to 65000, got \`${text}\`.`);
  }
  return port;
}

/** One port a system, from `base` on; with `auto`, from anywhere where they are free. Throws, and names the system, where one is taken. */
export async function choosePorts(base: number | 'auto'): Promise<LabPorts> {
  const at = await choose(systems, base);
  return {
    vault: at('vault'),
    postgres: at('postgres'),
    'orders-mcp': at('orders-mcp'),
    checkout: at('checkout'),
    assistant: at('assistant'),
  };
}

/** The same for the lab that stands in for AWS. */
export async function chooseAwsPorts(base: number | 'auto'): Promise<AwsPorts> {
  const at = await choose(awsSystems, base === 'auto' ? base : base + systems.length);
  return {
    aws: at('aws'),
    'billing-api': at('billing-api'),
    'billing-mcp': at('billing-mcp'),
    reporting: at('reporting'),
  };
}

type PortOf<Name> = (system: Name) => number;

async function choose<Name extends string>(names: readonly Name[], base: number | 'auto'): Promise<PortOf<Name>> {
  if (base !== 'auto') return claimFrom(names, base);
  for (let tries = 1; ; tries++) {
    try {
      return await claimFrom(names, randomInt(autoRange.from, autoRange.to));
    } catch (error) {
      if (tries === autoTries) throw error;
    }
  }
}

async function claimFrom<Name extends string>(names: readonly Name[], base: number): Promise<PortOf<Name>> {
  for (const [index, system] of names.entries()) {
    const port = base + index;
    if (await isFree(port)) continue;
    const other = port > 50_000 ? port - 10_000 : port + 10_000;
    throw new Error(
      `Expected port ${port} to be free for ${system}, and it is taken. If it is an older lab: \`npm run lab -- down\`. Otherwise choose others: \`npm run lab -- up --ports ${other}\`, or \`npm start -- --ports ${other}\`.`,
    );
  }
  return (system) => base + names.indexOf(system);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
