import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {RunResult} from '../../src/verdict/result.ts';
import {projectFolder} from '../helpers/run-cli.ts';

/**
 * What keeps a run from a pass, but that the machine was too busy to ask as often as it should; empty where nothing does.
 * A run that has no result is told too.
 */
export function missingButForPace(result: RunResult | undefined): readonly string[] {
  if (result === undefined) return ['no result'];
  const reasons = Object.values(result.criteria).flatMap((criterion) => criterion.reasons);
  const missing = reasons.filter((reason) => !/too few samples|answered so slowly/.test(reason));
  return result.verdict === 'fail' ? ['failed', ...missing] : missing;
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
