import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {projectFolder} from '../helpers/run-cli.ts';

/** The flagship with short intervals, beside the lab's own folder. Returns the file. */
export async function writeShortDrill(home: string): Promise<string> {
  const text = await readFile(path.join(projectFolder, 'drills', 'orders-mcp.yaml'), 'utf8');
  const short = text
    .replace('settle: 5s', 'settle: 400ms\nrestored-within: 10s')
    .replaceAll(/denied-within: (\d+s)/g, 'every: 100ms, timeout: 2s, denied-within: $1')
    .replaceAll(/every: (250|500)ms/g, 'every: 100ms');
  const file = path.join(home, 'short.yaml');
  await writeFile(file, short);
  return file;
}
