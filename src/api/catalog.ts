import type {Driver, DriverCatalog} from '../contract/driver.ts';

/** One line a driver. A driver is loaded when a drill uses it, its SDK when a call needs it. */
const loaders = {
  aws: async () => (await import('../drivers/aws/index.ts')).aws,
  command: async () => (await import('../drivers/command/index.ts')).command,
  http: async () => (await import('../drivers/http/index.ts')).http,
  manual: async () => (await import('../drivers/manual/index.ts')).manual,
  mcp: async () => (await import('../drivers/mcp/index.ts')).mcp,
  postgres: async () => (await import('../drivers/postgres/index.ts')).postgres,
  vault: async () => (await import('../drivers/vault/index.ts')).vault,
} satisfies Record<string, () => Promise<Driver>>;

const byName: ReadonlyMap<string, () => Promise<Driver>> = new Map(Object.entries(loaders));

export const catalog: DriverCatalog = {
  names: [...byName.keys()],
  load: async (name) => byName.get(name)?.(),
};

export async function loadAllDrivers(): Promise<readonly Driver[]> {
  return Promise.all([...byName.values()].map((load) => load()));
}
