import {type FileHandle, open} from 'node:fs/promises';
import {err, ok, type Result} from '../../util/result.ts';

/** A position in one very file: a name may lead to another file after a rotation. */
export type Place = {readonly offset: number; readonly inode: number; readonly device: number};

const chunkBytes = 1 << 20;
/** The run's first event is moments old when it is looked for: further back it can't be. */
const searchedBytes = 64 << 20;
const lineFeed = 0x0a;

/** The place of the newest line that matches, searched from the end; undefined where there is none, or no file. */
export async function findLineBackwards(file: string, matches: (line: string) => boolean): Promise<Place | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const {size, ino: inode, dev: device} = await handle.stat();
    const from = Math.max(0, size - searchedBytes);
    let rest = Buffer.alloc(0);
    for (let end = size; end > from; ) {
      const start = Math.max(from, end - chunkBytes);
      const bytes = Buffer.concat([await readExactly(handle, start, end), rest]);
      const found = lastMatch(bytes, start === 0, matches);
      if (found !== undefined) return {offset: start + found, inode, device};
      const firstBreak = bytes.indexOf(lineFeed);
      rest = Buffer.from(firstBreak < 0 ? bytes : bytes.subarray(0, firstBreak + 1));
      end = start;
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

/** Calls `each` with every whole line from a place on, and returns the place after the last. An error where the file is another one, or shorter, by now. */
export async function readLinesFrom(
  file: string,
  place: Place,
  each: (line: string) => void,
): Promise<Result<Place, string>> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return err('the audit log can no longer be read');
  try {
    const {size, ino, dev} = await handle.stat();
    if (ino !== place.inode || dev !== place.device) return err('the audit log was replaced or rotated during the run');
    if (size < place.offset) return err('the audit log was cut during the run');
    let {offset} = place;
    let rest = Buffer.alloc(0);
    for (let start = offset; start < size; start += chunkBytes) {
      const bytes = Buffer.concat([rest, await readExactly(handle, start, Math.min(size, start + chunkBytes))]);
      const end = bytes.lastIndexOf(lineFeed) + 1;
      for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) if (line !== '') each(line);
      offset += end;
      rest = Buffer.from(bytes.subarray(end));
    }
    return ok({...place, offset});
  } finally {
    await handle.close();
  }
}

/** The offset of the last whole line that matches. The first line is whole only at the beginning of the file. */
function lastMatch(bytes: Buffer, isFileStart: boolean, matches: (line: string) => boolean): number | undefined {
  let end = bytes.lastIndexOf(lineFeed);
  while (end > 0) {
    const before = bytes.lastIndexOf(lineFeed, end - 1);
    if (before < 0 && !isFileStart) return undefined;
    if (matches(bytes.subarray(before + 1, end).toString('utf8'))) return before + 1;
    end = before;
  }
  return undefined;
}

async function readExactly(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  const {bytesRead} = await handle.read(bytes, 0, bytes.length, start);
  return bytes.subarray(0, bytesRead);
}
