import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {gunzip} from 'node:zlib';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import {readRecord, type TrailRecord} from './trail-record.ts';

const unpack = promisify(gunzip);
/** CloudTrail begins another file long before this. */
const longestBytes = 256 * 1024 * 1024;

const fileSchema = z.object({Records: z.array(z.unknown())});

/** Log files as CloudTrail puts them into a bucket, from all folders below. `each` is given undefined for what can't be read, and the file that it is of. */
export async function readTrailFiles(
  folder: string,
  each: (record: TrailRecord | undefined, file: string) => void,
): Promise<void> {
  for (const file of await listTrailFiles(folder)) {
    const records = await readTrailFile(path.join(folder, file));
    if (records === undefined) each(undefined, file);
    for (const record of records ?? []) each(readRecord(record), file);
  }
}

/** Digests and insights lie beside the records, and are none. */
export async function listTrailFiles(folder: string): Promise<readonly string[]> {
  return (await listFiles(folder)).filter((name) => !/CloudTrail-(?:Digest|Insight)/.test(name));
}

/** All that CloudTrail may have written, packed or not. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder, {recursive: true});
    return names.filter((name) => /\.json(?:\.gz)?$/.test(name)).sort();
  } catch (cause) {
    throw new DriverError(
      `Expected a folder with the log files of CloudTrail at \`${folder}\`, and it can't be read. Correct \`files\`, or copy them there.`,
      {code: 'not-found', detail: 'no-trail-files', cause},
    );
  }
}

/** Undefined where the file is broken, or not one of a trail. */
async function readTrailFile(file: string): Promise<readonly unknown[] | undefined> {
  const content = await readUnpacked(file);
  try {
    return fileSchema.safeParse(JSON.parse(content?.toString('utf8') ?? '')).data?.Records;
  } catch {
    return undefined;
  }
}

/** Undefined where it can't be read, or not be unpacked. */
export async function readUnpacked(file: string): Promise<Buffer | undefined> {
  try {
    const bytes = await readFile(file);
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return isPacked ? await unpack(bytes, {maxOutputLength: longestBytes}) : bytes;
  } catch {
    return undefined;
  }
}
