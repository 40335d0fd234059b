import {createHash} from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import {listFiles, listTrailFiles, readUnpacked} from './trail-files.ts';

const digestSchema = z.object({
  awsAccountId: z.string(),
  digestStartTime: z.iso.datetime({offset: true}),
  digestEndTime: z.iso.datetime({offset: true}),
  digestS3Object: z.string().regex(/\/CloudTrail-Digest\//),
  previousDigestS3Object: z.string().nullish(),
  previousDigestHashValue: z.string().nullish(),
  logFiles: z.array(
    z.object({s3Object: z.string().min(1), hashValue: z.string().min(1), hashAlgorithm: z.literal('SHA-256')}),
  ),
});

/** What CloudTrail says once an hour to have delivered of one trail in one region. */
type Digest = z.infer<typeof digestSchema> & {
  readonly region: string;
  readonly trail: string;
  /** One that names files which came too late for the digest of their hour. */
  readonly isBackfill: boolean;
  /** Of its own content, which the next one names. */
  readonly sha256: string;
};

/** In milliseconds since the epoch. */
type Span = {readonly since: number; readonly until: number};

export type DigestsAsked = {
  readonly account: string;
  readonly span: Span;
  /** By region: the log files in which the run's own calls were found. Other trails of the account may record something else. */
  readonly marked: ReadonlyMap<string, readonly string[]>;
};

/**
 * Why the log files in a folder may not be all that CloudTrail delivered at that time: an hour without a digest, a file that
 * a digest names and that is not there, or not as it was delivered. Only digests of the trail count that recorded the run.
 * That they are AWS's own is not checked.
 */
export async function findHoles(folder: string, {account, span, marked}: DigestsAsked): Promise<readonly string[]> {
  const digests = (await readDigests(folder)).filter(({awsAccountId}) => awsAccountId === account);
  const holes: string[] = [];
  for (const [region, files] of marked) {
    const all = Map.groupBy(
      digests.filter((digest) => digest.region === region),
      ({trail}) => trail,
    );
    const trails = new Map([...all].filter(([, trail]) => names(trail, files)));
    const whole = [...trails.values()].filter((trail) => coveredTo(trail, span) >= span.until);
    const found = await Promise.all(
      whole.map((trail) =>
        compareFiles(
          folder,
          region,
          trail.filter((digest) => isWithin(digest, span)),
        ),
      ),
    );
    // Of two trails that recorded the run, one is enough.
    const [least] = found.toSorted((a, b) => a.length - b.length);
    holes.push(...(least ?? [uncovered(region, [...trails.values()], span)]));
  }
  return holes;
}

function names(digests: readonly Digest[], files: readonly string[]): boolean {
  const named = new Set(digests.flatMap(({logFiles}) => logFiles.map(({s3Object}) => unpackedName(s3Object))));
  return files.some((file) => named.has(unpackedName(file)));
}

async function readDigests(folder: string): Promise<readonly Digest[]> {
  const files = (await listFiles(folder)).filter((name) => /CloudTrail-Digest/.test(name));
  const read = await Promise.all(files.map((name) => readDigest(path.join(folder, name))));
  return read.filter((digest) => digest !== undefined);
}

/** Undefined for one that is broken: its hour is not covered then. */
async function readDigest(file: string): Promise<Digest | undefined> {
  const content = await readUnpacked(file);
  if (content === undefined) return undefined;
  try {
    const digest = digestSchema.parse(JSON.parse(content.toString('utf8')));
    const [, region = ''] = /\/CloudTrail-Digest\/([^/]+)\//.exec(digest.digestS3Object) ?? [];
    const name = path.posix.basename(digest.digestS3Object);
    const trail = name.replace(/_[^_]+(?:_backfill)?\.json\.gz$/, '');
    return {...digest, region, trail, isBackfill: name.endsWith('_backfill.json.gz'), sha256: sha256(content)};
  } catch {
    return undefined;
  }
}

/** How far the digests go on from the beginning of the span without a hole. */
function coveredTo(digests: readonly Digest[], {since}: Span): number {
  const inOrder = digests
    .filter(({isBackfill}) => !isBackfill)
    .toSorted((a, b) => startOf(a) - startOf(b) || endOf(a) - endOf(b));
  let covered = since;
  for (const digest of inOrder) if (startOf(digest) <= covered) covered = Math.max(covered, endOf(digest));
  return covered;
}

function uncovered(region: string, trails: readonly (readonly Digest[])[], span: Span): string {
  const to = Math.max(span.since, ...trails.map((trail) => coveredTo(trail, span)));
  return `no digest in ${region} of the trail that recorded the run tells which log files were delivered from ${at(to)} to ${at(span.until)}: CloudTrail writes one an hour, where the trail's log files are validated`;
}

async function compareFiles(folder: string, region: string, digests: readonly Digest[]): Promise<readonly string[]> {
  const known = new Map((await listTrailFiles(folder)).map((name) => [unpackedName(name), path.join(folder, name)]));
  const byName = new Map(digests.map((digest) => [path.posix.basename(digest.digestS3Object), digest]));
  let missing = 0;
  let changed = 0;
  for (const {logFiles, previousDigestS3Object, previousDigestHashValue} of digests) {
    const previous = byName.get(path.posix.basename(previousDigestS3Object ?? ''));
    if (previous !== undefined && previous.sha256 !== previousDigestHashValue) changed += 1;
    for (const {s3Object, hashValue} of logFiles) {
      const content = await contentOf(known.get(unpackedName(s3Object)));
      if (content === undefined) missing += 1;
      else if (sha256(content) !== hashValue) changed += 1;
    }
  }
  return [
    ...(missing === 0
      ? []
      : [
          `${count(missing, 'log file')} in ${region} that the digests name ${is(missing)} not there, or can't be read`,
        ]),
    ...(changed === 0
      ? []
      : [
          `${count(changed, 'file')} in ${region} ${is(changed)} not as the digests name ${changed === 1 ? 'it' : 'them'}`,
        ]),
  ];
}

/** Some tools unpack what they copy. */
function unpackedName(file: string): string {
  return path.basename(file).replace(/\.gz$/, '');
}

/** As it was before it was packed: so do the digests name it. */
async function contentOf(file: string | undefined): Promise<Buffer | undefined> {
  return file === undefined ? undefined : readUnpacked(file);
}

function isWithin(digest: Digest, {since, until}: Span): boolean {
  return endOf(digest) >= since && startOf(digest) <= until;
}

function startOf({digestStartTime}: Digest): number {
  return Date.parse(digestStartTime);
}

function endOf({digestEndTime}: Digest): number {
  return Date.parse(digestEndTime);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function at(time: number): string {
  return new Date(time).toISOString();
}

function count(number: number, what: string): string {
  return number === 1 ? `a ${what}` : `${number} ${what}s`;
}

function is(number: number): string {
  return number === 1 ? 'is' : 'are';
}
