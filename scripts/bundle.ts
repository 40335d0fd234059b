import {rolldown} from 'rolldown';

/** They stay packages of their own, loaded when a call needs one. */
const sdks = ['execa', 'node-vault', 'p-retry', 'pg'];

/** Writes programs, and what they share, in few files to a folder. Returns the modules that went into them. */
export async function bundle(input: Readonly<Record<string, string>>, dir: string): Promise<readonly string[]> {
  const built = await rolldown({input, platform: 'node', external: sdks});
  const {output} = await built.write({dir, format: 'esm'});
  await built.close();
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
}
