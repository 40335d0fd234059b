import {createHash} from 'node:crypto';
import {createReadStream, type Stats} from 'node:fs';
import {type FileHandle, open, readdir} from 'node:fs/promises';
import path from 'node:path';
import {createGunzip} from 'node:zlib';

type Identity = {
  readonly inode: number;
  readonly device: number;
  /** Milliseconds since the epoch; 0 where the file system does not tell. */
  readonly madeAt: number;
};

/** A position in one very file, which by a rotation may get another name, and be compressed. */
export type Place = Identity & {
  readonly offset: number;
  /** When it was last written to as this place was found, in milliseconds since the epoch. */
  readonly writtenAt: number;
  /** Of its first line, by which the same content is known again. */
  readonly head: string;
};

/** One file of the log, in the order in which they were written. */
type Segment = {readonly file: string; readonly from: number};

const chunkBytes = 1 << 20;
const headBytes = 1 << 14;
/** The run's first event is moments old when it is looked for: further back it can't be. */
const searchedBytes = 64 << 20;
const lineFeed = 0x0a;

/** When a line was written, in milliseconds since the epoch; NaN for what is no line of such a log. */
type TimeOf = (line: string) => number;

/**
 * The place of the newest line that matches, searched from the end; undefined where there is none, or no file. A `*` in the
 * file's name stands for what each new file gets there, such as a date: the two newest are searched.
 */
export async function findLineBackwards(
  file: string,
  matches: (line: string) => boolean,
  timeOf: TimeOf,
): Promise<Place | undefined> {
  for (const candidate of isPattern(file) ? (await newestOf(file, timeOf)).slice(0, 2) : [file]) {
    const place = await findInFile(candidate, matches, timeOf);
    if (place !== undefined) return place;
  }
  return undefined;
}

async function findInFile(
  file: string,
  matches: (line: string) => boolean,
  timeOf: TimeOf,
): Promise<Place | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const {size, ...look} = lookOf(await handle.stat());
    const from = Math.max(0, size - searchedBytes);
    let rest = Buffer.alloc(0);
    for (let end = size; end > from; ) {
      const start = Math.max(from, end - chunkBytes);
      const bytes = Buffer.concat([await readExactly(handle, start, end), rest]);
      const found = lastMatch(bytes, start === 0, matches);
      if (found !== undefined) {
        const head = (await headOf(file, timeOf))?.hash ?? '';
        return {offset: start + found, ...look, head};
      }
      const firstBreak = bytes.indexOf(lineFeed);
      rest = Buffer.from(firstBreak < 0 ? bytes : bytes.subarray(0, firstBreak + 1));
      end = start;
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

/**
 * Calls `each` with every whole line from a place on, in the files that a rotation made since too, compressed ones included.
 * Returns why lines may be missing.
 */
export async function readLinesFrom(
  file: string,
  place: Place,
  each: (line: string) => void,
  timeOf: TimeOf,
): Promise<readonly string[]> {
  const gaps: string[] = [];
  const segments = await segmentsFrom(file, place, timeOf);
  if (typeof segments === 'string') return [segments];
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    try {
      const torn = await readSegment(segment, each);
      if (torn && !isLast) gaps.push('the log has half a line where it was rotated');
    } catch {
      gaps.push(`a rotated part of the log can't be read (${path.basename(segment.file)})`);
    }
  }
  return gaps;
}

/**
 * Calls `each` with every whole line of the log, rotated files included, that was written since then. `from`: when the oldest
 * file that is left begins, in milliseconds since the epoch; undefined where there is none. `unread`: files that can't be read.
 */
export async function readLinesSince(
  file: string,
  since: number,
  each: (line: string) => void,
  timeOf: TimeOf,
): Promise<{readonly from: number | undefined; readonly unread: readonly string[]}> {
  const unread: string[] = [];
  const segments = distinct(await filesOf(file, timeOf)).toSorted((a, b) => a.head.time - b.head.time);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next !== undefined && next.head.time < since) continue;
    try {
      await readSegment({file: segment.file, from: 0}, (line) => {
        if (timeOf(line) >= since) each(line);
      });
    } catch {
      unread.push(path.basename(segment.file));
    }
  }
  return {from: segments[0]?.head.time, unread};
}

/** The file of that place, and those that were begun after it; else why they can't be told. */
async function segmentsFrom(given: string, place: Place, timeOf: TimeOf): Promise<readonly Segment[] | string> {
  const [file = given] = isPattern(given) ? await newestOf(given, timeOf) : [];
  const current = await lookAt(file);
  const hasPlace = current !== undefined && isSame(current, place);
  if (hasPlace && current.size >= place.offset && (await headOf(file, timeOf))?.hash === place.head)
    return [{file, from: place.offset}];
  const files = await filesOf(given, timeOf);
  // Of a file that was copied and cut, lines may be lost in between, wherever the copy is.
  const wasCut = files.some((one) => isSame(one, place) && (one.size < place.offset || one.head?.hash !== place.head));
  if (hasPlace || wasCut) return 'the log was cut during the run';
  const siblings = distinct(files);
  const own = siblings.find(({head}) => head.hash === place.head);
  if (own === undefined)
    return current === undefined ? 'the log can no longer be read' : 'the log was replaced during the run';
  const later = siblings.filter(({head}) => head.time > own.head.time).toSorted((a, b) => a.head.time - b.head.time);
  const strange = files.find((one) => one.writtenAt >= place.writtenAt && !isPlaced(one, [own, ...later], files));
  if (strange !== undefined) return `a part of the log can't be read (${path.basename(strange.file)})`;
  return [{file: own.file, from: place.offset}, ...later.map((sibling) => ({file: sibling.file, from: 0}))];
}

/** Whether what stands in it is read with these, or it holds nothing. */
function isPlaced({file, size, head}: LogFile, read: readonly Sibling[], files: readonly LogFile[]): boolean {
  const isBeingMade = file.endsWith('.gz') && files.some((other) => `${other.file}.gz` === file);
  return size === 0 || isBeingMade || read.some((one) => one.head.hash === head?.hash);
}

/** The number of a file that is gone is given to the next one, which was made later. */
function isSame(a: Identity, b: Identity): boolean {
  return a.inode === b.inode && a.device === b.device && (a.madeAt === b.madeAt || a.madeAt === 0 || b.madeAt === 0);
}

/** Without a head where it does not begin with a line of such a log. */
type LogFile = Look & {readonly file: string; readonly head: Head | undefined};
type Sibling = LogFile & {readonly head: Head};
type Look = Identity & {readonly size: number; readonly writtenAt: number};
type Head = {readonly hash: string; readonly time: number};

/** The log and what rotations made of it, by their names, shorter ones first. */
async function filesOf(file: string, timeOf: TimeOf): Promise<readonly LogFile[]> {
  const folder = path.dirname(file);
  const names = (await readdir(folder).catch(() => [])).filter((name) => isRotated(name, path.basename(file)));
  const files: LogFile[] = [];
  for (const name of names.toSorted((a, b) => a.length - b.length)) {
    const one = path.join(folder, name);
    const [look, head] = [await lookAt(one), await headOf(one, timeOf)];
    if (look !== undefined) files.push({...look, head, file: one});
  }
  return files;
}

/** Each content once. While one is compressed both are there; the one that is whole is the plain one, whose name is shorter. */
function distinct(files: readonly LogFile[]): readonly Sibling[] {
  const seen = new Map<string, Sibling>();
  for (const {head, ...file} of files)
    if (head !== undefined && !seen.has(head.hash)) seen.set(head.hash, {...file, head});
  return [...seen.values()];
}

/** Whether each new file gets another name. */
function isPattern(file: string): boolean {
  return path.basename(file).includes('*');
}

/** The files of a pattern, the one that was last written to first: a name may be given again, as that of a weekday is. */
async function newestOf(file: string, timeOf: TimeOf): Promise<readonly string[]> {
  const siblings = distinct(await filesOf(file, timeOf));
  return siblings.toSorted((a, b) => b.writtenAt - a.writtenAt).map((sibling) => sibling.file);
}

/** `audit.log.1`, `audit.log-20261129.gz`, `audit-20261129.log`; not `audit-raw.log`, which another device may write. */
function isRotated(name: string, base: string): boolean {
  if (base.includes('*')) {
    const parts = base.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}(?:[.-].*)?$`).test(name);
  }
  if (name === base || name.startsWith(`${base}.`) || name.startsWith(`${base}-`)) return true;
  const extension = path.extname(base);
  const stem = path.basename(base, extension);
  return /^[.-]\d/.test(name.slice(stem.length)) && name.startsWith(stem);
}

async function lookAt(file: string): Promise<Look | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    return lookOf(await handle.stat());
  } finally {
    await handle.close();
  }
}

function lookOf({ino: inode, dev: device, size, birthtimeMs: madeAt, mtimeMs: writtenAt}: Stats): Look {
  return {inode, device, size, madeAt, writtenAt};
}

/** Undefined where it does not begin with a line of such a log. */
async function headOf(file: string, timeOf: TimeOf): Promise<Head | undefined> {
  let line = '';
  try {
    for await (const bytes of bytesOf(file, 0, headBytes)) {
      const end = bytes.indexOf(lineFeed);
      line += bytes.subarray(0, end < 0 ? bytes.length : end).toString('latin1');
      if (end >= 0 || line.length > chunkBytes) break;
    }
  } catch {
    // Half compressed, or no file at all.
  }
  const time = timeOf(line);
  return Number.isNaN(time) ? undefined : {hash: createHash('sha256').update(line).digest('hex'), time};
}

/** Returns whether it ends within a line. */
async function readSegment({file, from}: Segment, each: (line: string) => void): Promise<boolean> {
  let rest = Buffer.alloc(0);
  for await (const piece of bytesOf(file, from)) {
    const bytes = Buffer.concat([rest, piece]);
    const end = bytes.lastIndexOf(lineFeed) + 1;
    for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) if (line !== '') each(line);
    rest = Buffer.from(bytes.subarray(end));
  }
  return rest.length > 0;
}

/** What a file holds from an offset on, that of what was compressed where it is compressed. */
async function* bytesOf(file: string, from: number, highWaterMark = chunkBytes): AsyncGenerator<Buffer> {
  if (!file.endsWith('.gz')) {
    yield* createReadStream(file, {start: from, highWaterMark});
    return;
  }
  const source = createReadStream(file);
  const unpacked = createGunzip();
  source.on('error', (error) => unpacked.destroy(error));
  let skipped = 0;
  try {
    for await (const piece of source.pipe(unpacked)) {
      const skip = Math.min(piece.length, from - skipped);
      skipped += skip;
      if (skip < piece.length) yield piece.subarray(skip);
    }
  } finally {
    // Whoever reads no further closes only what it reads from.
    source.destroy();
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
