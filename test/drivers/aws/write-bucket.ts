import {createHash} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {gzipSync} from 'node:zlib';

export type WrittenDigest = {
  readonly region: string;
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** Names of log files, and what is in them. */
  readonly files?: Readonly<Record<string, string>>;
  /** Of those, the ones that nobody copied. */
  readonly lost?: readonly string[];
  readonly trail?: string;
  readonly account?: string;
  readonly isBackfill?: boolean;
};

/** Lays log files and their digests into a folder as CloudTrail does in a bucket; each digest names the one before of its trail. */
export async function writeBucket(folder: string, digests: readonly WrittenDigest[]): Promise<void> {
  const last = new Map<string, {readonly s3Object: string; readonly sha256: string}>();
  for (const {
    region,
    from,
    to,
    files = {},
    lost = [],
    trail = 'main',
    account = '123456789012',
    isBackfill = false,
  } of digests) {
    const logFiles = [];
    for (const [name, content] of Object.entries(files)) {
      const s3Object = `AWSLogs/${account}/CloudTrail/${region}/2026/11/29/${name}.json.gz`;
      logFiles.push({s3Object, hashValue: sha256(content), hashAlgorithm: 'SHA-256'});
      if (!lost.includes(name)) await write(folder, s3Object, content);
    }
    const stamp = to.replace(/[-:]/g, '');
    const suffix = isBackfill ? '_backfill' : '';
    const name = `${account}_CloudTrail-Digest_${region}_${trail}_eu-central-1_${stamp}${suffix}.json.gz`;
    const digestS3Object = `AWSLogs/${account}/CloudTrail-Digest/${region}/2026/11/29/${name}`;
    const before = last.get(`${account} ${region} ${trail}`);
    const digest = JSON.stringify({
      awsAccountId: account,
      digestStartTime: from,
      digestEndTime: to,
      digestS3Object,
      previousDigestS3Object: before?.s3Object ?? null,
      previousDigestHashValue: before?.sha256 ?? null,
      logFiles,
    });
    last.set(`${account} ${region} ${trail}`, {s3Object: digestS3Object, sha256: sha256(digest)});
    await write(folder, digestS3Object, digest);
  }
}

async function write(folder: string, name: string, content: string): Promise<void> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), {recursive: true});
  await writeFile(file, gzipSync(content));
}

function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
