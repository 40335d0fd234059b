import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {RunResult} from '../../src/verdict/result.ts';
import {projectFolder} from '../helpers/run-cli.ts';

/** What a run is whose drill passes, on a machine that is too busy to ask as often as it should: nothing else is missing. */
export function passesButForPace(result: RunResult | undefined): boolean {
  const reasons = Object.values(result?.criteria ?? {}).flatMap((criterion) => criterion.reasons);
  return result?.verdict !== 'fail' && reasons.every((reason) => /too few samples|answered so slowly/.test(reason));
}

/** The flagship with short intervals, beside the lab's own folder. Returns the file. */
export async function writeShortDrill(home: string): Promise<string> {
  const text = await readFile(path.join(projectFolder, 'drills', 'orders-mcp.yaml'), 'utf8');
  const short = text
    .replace('settle: 5s', 'settle: 1s\nrestored-within: 10s')
    .replaceAll(/denied-within: (\d+s)/g, 'every: 250ms, timeout: 2s, denied-within: $1')
    .replaceAll('every: 500ms', 'every: 250ms');
  const file = path.join(home, 'short.yaml');
  await writeFile(file, short);
  return file;
}
