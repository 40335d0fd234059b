import {createReadStream} from 'node:fs';
import {readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import type {EventData} from '../../journal/entries.ts';

/** Bytes read at once; each piece begins with the end of the one before, so that nothing is cut in two. */
const pieceBytes = 1 << 20;
const overlap = 16_384;

export type SecretFinder = {find(text: string): readonly string[]; readonly size: number};

/** Searches every file of the run for every secret that the run knew. */
export async function scanRunFolder(folder: string, redactor: SecretFinder): Promise<EventData<'scan.finished'>> {
  const hits: {file: string; label: string}[] = [];
  let bytes = 0;
  const files = (await readdir(folder, {recursive: true, withFileTypes: true})).filter((entry) => entry.isFile());
  for (const entry of files) {
    const file = path.join(entry.parentPath, entry.name);
    bytes += (await stat(file)).size;
    for (const label of await labelsIn(file, redactor)) hits.push({file: path.relative(folder, file), label});
  }
  return {files: files.length, bytes, secrets: redactor.size, hits};
}

async function labelsIn(file: string, redactor: SecretFinder): Promise<ReadonlySet<string>> {
  const labels = new Set<string>();
  let carried = '';
  for await (const piece of createReadStream(file, {encoding: 'utf8', highWaterMark: pieceBytes})) {
    const text = carried + String(piece);
    for (const label of redactor.find(text)) labels.add(label);
    carried = text.slice(-overlap);
  }
  return labels;
}
