import {readdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {findHoles} from '../../../src/drivers/aws/trail-digests.ts';
import {scratchFolder} from '../../helpers/scratch-folder.ts';
import {type WrittenDigest, writeBucket} from './write-bucket.ts';

const region = 'eu-central-1';
const span = {since: Date.parse('2026-11-29T11:58:00Z'), until: Date.parse('2026-11-29T13:10:00Z')};
const log = '{"Records": []}';
/** The first names the file in which the run's own call stands. */
const hour = (from: number, more: Partial<WrittenDigest> = {}): WrittenDigest => ({
  region,
  from: `2026-11-29T${from}:30:00Z`,
  to: `2026-11-29T${from + 1}:30:00Z`,
  ...more,
  files: {...(from === 11 ? {mark: log} : {}), ...more.files},
});
/** Of another trail, which has not recorded the run. */
const other = (from: number, more: Partial<WrittenDigest> = {}): WrittenDigest => ({
  ...hour(from, {trail: 'other', ...more}),
  files: {},
});

async function holesIn(digests: readonly WrittenDigest[], change?: (folder: string) => Promise<unknown>) {
  const folder = await scratchFolder('digests');
  await writeBucket(folder, digests);
  await change?.(folder);
  return findHoles(folder, {account: '123456789012', span, marked: new Map([[region, ['AWSLogs/mark.json.gz']]])});
}

/** The one file whose name has this in it. */
async function fileWith(folder: string, part: string): Promise<string> {
  const [name = ''] = (await readdir(folder, {recursive: true})).filter((file) => file.includes(part));
  return path.join(folder, name);
}

const uncovered = (from: string, to = '2026-11-29T13:10:00.000Z') =>
  `no digest in ${region} of the trail that recorded the run tells which log files were delivered from ${from} to ${to}: CloudTrail writes one an hour, where the trail's log files are validated`;

describe('drivers/aws/trail-digests', () => {
  it('finds none where the digests go through, and each file that they name is there as it was delivered', async () => {
    expect(await holesIn([hour(11, {files: {a: log}}), hour(12, {files: {b: log, c: log}})])).toEqual([]);
  });

  it('takes files that were unpacked when they were copied', async () => {
    const unpack = async (folder: string): Promise<void> => {
      for (const part of ['/a.json.gz', 'T123000Z']) {
        const file = await fileWith(folder, part);
        await writeFile(file.replace(/\.gz$/, ''), gunzipSync(await readFile(file)));
        await rm(file);
      }
    };

    expect(await holesIn([hour(11, {files: {a: log}}), hour(12)], unpack)).toEqual([]);
  });

  it('finds the hours without a digest', async () => {
    expect(await holesIn([])).toEqual([uncovered('2026-11-29T11:58:00.000Z')]);
    expect(await holesIn([hour(12)])).toEqual([uncovered('2026-11-29T11:58:00.000Z')]);
    expect(await holesIn([hour(11)])).toEqual([uncovered('2026-11-29T12:30:00.000Z')]);
    expect(await holesIn([hour(10), hour(12)])).toEqual([uncovered('2026-11-29T11:58:00.000Z')]);
    expect(await holesIn([hour(11), hour(12, {region: 'us-east-1'})])).toEqual([uncovered('2026-11-29T12:30:00.000Z')]);
  });

  it('does not put the hours of two trails together: each has files of its own', async () => {
    expect(await holesIn([hour(11), other(12)])).toEqual([uncovered('2026-11-29T12:30:00.000Z')]);
  });

  it('does not take a trail’s word that has not recorded the run, or is another account’s', async () => {
    const lost = [hour(11, {files: {a: log}, lost: ['a']}), hour(12)];
    const missing = `a log file in ${region} that the digests name is not there, or can't be read`;
    const account = '111111111111';

    expect(await holesIn([...lost, other(11), other(12)])).toEqual([missing]);
    expect(await holesIn([hour(11, {account}), hour(12, {account}), ...lost])).toEqual([missing]);
    expect(await holesIn([other(11), other(12)])).toEqual([uncovered('2026-11-29T11:58:00.000Z')]);
    expect(await holesIn([hour(11, {account}), hour(12, {account})])).toEqual([uncovered('2026-11-29T11:58:00.000Z')]);
  });

  it('counts a digest that can’t be read as one that is not there', async () => {
    const breakIt = async (folder: string) => writeFile(await fileWith(folder, 'T133000Z'), gzipSync('{"logFiles": ['));

    expect(await holesIn([hour(11), hour(12)], breakIt)).toEqual([uncovered('2026-11-29T12:30:00.000Z')]);
  });

  it('finds files that nobody copied', async () => {
    expect(await holesIn([hour(11, {files: {a: log, b: log}, lost: ['a']}), hour(12)])).toEqual([
      `a log file in ${region} that the digests name is not there, or can't be read`,
    ]);
    expect(await holesIn([hour(11, {files: {a: log}, lost: ['a']}), hour(12, {files: {b: log}, lost: ['b']})])).toEqual(
      [`2 log files in ${region} that the digests name are not there, or can't be read`],
    );
  });

  it('finds a file that is not as it was delivered', async () => {
    const change = async (folder: string) =>
      writeFile(await fileWith(folder, '/a.json.gz'), gzipSync('{"Records": [{}]}'));

    expect(await holesIn([hour(11, {files: {a: log}}), hour(12)], change)).toEqual([
      `a file in ${region} is not as the digests name it`,
    ]);
  });

  it('finds a digest that is not as the next one names it', async () => {
    const change = async (folder: string): Promise<void> => {
      const file = await fileWith(folder, 'T123000Z');
      const digest = JSON.parse(gunzipSync(await readFile(file)).toString('utf8'));
      await writeFile(file, gzipSync(JSON.stringify({...digest, logFiles: digest.logFiles.slice(0, 1)})));
    };

    expect(await holesIn([hour(11, {files: {a: log}, lost: ['a']}), hour(12)], change)).toEqual([
      `a file in ${region} is not as the digests name it`,
    ]);
  });

  it('has a backfill name files, and cover no hour', async () => {
    const backfill = hour(11, {isBackfill: true, files: {late: log}});

    expect(await holesIn([hour(11), hour(12), {...backfill, lost: ['late']}])).toEqual([
      `a log file in ${region} that the digests name is not there, or can't be read`,
    ]);
    expect(await holesIn([backfill, hour(12)])).toEqual([uncovered('2026-11-29T11:58:00.000Z')]);
  });

  it('does not care for files of other hours', async () => {
    const digests = [
      hour(10, {files: {old: log}, lost: ['old']}),
      hour(11),
      hour(12),
      hour(13, {files: {new: log}, lost: ['new']}),
    ];

    expect(await holesIn(digests)).toEqual([]);
  });
});
