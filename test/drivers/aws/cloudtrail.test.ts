import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import type {AuditReading, AuditWindow} from '../../../src/contract/operation.ts';
import {AwsClient} from '../../../src/drivers/aws/client.ts';
import {cloudtrail} from '../../../src/drivers/aws/cloudtrail.ts';
import {connection} from '../../../src/drivers/aws/connection.ts';
import {aws} from '../../../src/drivers/aws/index.ts';
import type {AwsSession} from '../../../src/drivers/aws/session.ts';
import {contextOf, type TestContext, windowOf} from '../../helpers/context.ts';
import {StandInTrail} from './stand-in-trail.ts';
import {everything, fixtures, identities, key, readRun, regions, runAt, told} from './trail-run.ts';
import {writeBucket} from './write-bucket.ts';

const role = 'arn:aws:iam::123456789012:role/drill';
const operator = '[default]\naws_access_key_id = AKIAOLGAOLGAOLGAOLGA\naws_secret_access_key = nothing\n';
/** Of files without digests. */
const unchecked = [
  expect.stringMatching(/^no digest in eu-central-1 of the trail/),
  expect.stringMatching(/^no digest in us-east-1 of the trail/),
];
/** The hour of the recorded run. */
const hour = {from: '2026-11-29T11:30:00Z', to: '2026-11-29T12:30:00Z'};
const phases = ['preflight', 'shutdown', 'settle', 'rollback', 'audit'];
/** When each of them begins, in seconds. */
const begins = [0, 10, 20, 30, 45];

type Opened = {readonly session: AwsSession; readonly ctx: TestContext<AwsSession>; readonly slept: readonly number[]};

describe('drivers/aws/cloudtrail', () => {
  let standIn: StandInTrail;
  let folder: string;
  let owned: Set<string>;
  beforeEach(async () => {
    standIn = new StandInTrail();
    standIn.takesThePlaceOf(AwsClient);
    owned = new Set();
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-trail-'));
    return () => {
      vi.restoreAllMocks();
      return rm(folder, {recursive: true, force: true});
    };
  });

  /** A connection at the time of the recorded run, on a clock that goes on by sleeping alone. */
  async function open(given: object = {role}): Promise<Opened & {at(seconds: number): void}> {
    let now = runAt + 400;
    const slept: number[] = [];
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        slept.push(ms);
        now += ms;
      },
    };
    const known = {...contextOf(undefined, {base: folder, owned}), clock};
    const idsOf = (kind: string) =>
      [...owned].flatMap((one) => (one.startsWith(`${kind} `) ? [one.slice(kind.length + 1)] : []));
    const input = connection.input.parse({region: 'eu-central-1', credentials: operator, ...given});
    const session = await connection.open(input, {...known, owned: idsOf, ownedEarlier: () => []});
    await session.identify(known.signal);
    const at = (seconds: number): void => {
      now = Math.max(now, runAt + seconds * 1000 - 1000);
    };
    return {session, ctx: {...known, connection: session}, slept, at};
  }

  /** The recorded run, from its first call to its last. */
  async function runThrough(
    {session, ctx, at}: Opened & {at(seconds: number): void},
    input = {},
    {ends = true} = {},
  ): Promise<void> {
    const {signal} = ctx;
    await session.begin({maxDurationMs: 60_000}, signal);
    await session.mark('preflight', signal);
    await cloudtrail.check(cloudtrail.input.parse(input), ctx);
    for (const [index, phase] of phases.entries()) {
      if (index === 0) continue;
      at(begins[index] ?? 0);
      await session.mark(phase, signal);
    }
    at(50);
    if (ends) await session.end(signal);
    standIn.asked.length = 0;
  }

  /** It, and the reading of its record. */
  async function readAll(
    given: object = {},
    readAt = 1200,
    window: Partial<AuditWindow> = {},
    onSleep: () => unknown = () => undefined,
  ): Promise<{reading: AuditReading; slept: readonly number[]}> {
    const opened = await open();
    const {ctx, slept, at} = opened;
    await runThrough(opened, given);
    const input = cloudtrail.input.parse(given);
    const notes = await cloudtrail.note(input, identities, ctx);
    at(readAt);
    const sleep = ctx.clock.sleep;
    ctx.clock.sleep = async (...given) => {
      await onSleep();
      return sleep(...given);
    };
    return {reading: await cloudtrail.read(input, {...windowOf(notes), ...window, notes}, ctx), slept};
  }

  it('reads the run from its first call to its last, in both regions', async () => {
    const {reading} = await readAll();

    expect(reading).toMatchObject(readRun(everything()));
    expect(reading.completeTo).toBe('2026-11-29T12:00:50.000Z');
    expect(reading.blind).toContainEqual(expect.stringMatching(/other regions than eu-central-1 and us-east-1/));
    expect(new Set(standIn.asked)).toEqual(new Set(['eu-central-1 first', 'us-east-1 first']));
  });

  it('reads page after page, at most two a second', async () => {
    standIn.pageSize = 2;

    const {reading, slept} = await readAll();

    expect(reading).toMatchObject(readRun(everything()));
    expect(standIn.asked).toContain('eu-central-1 18');
    expect(slept.length).toBeGreaterThan(standIn.asked.length);
    expect(slept.every((ms) => ms > 500)).toBe(true);
  });

  it('asks again, ever later, where CloudTrail is asked too often', async () => {
    standIn.throttled = 3;

    const {reading, slept} = await readAll();

    expect(reading.completeTo).toBeDefined();
    expect(slept).toEqual(expect.arrayContaining([1100, 2200, 4400]));
  });

  it('is not complete before its last call was delivered', async () => {
    standIn.withheld.add('req-end-eu');

    const {reading} = await readAll();

    expect(reading.completeTo).toBeUndefined();
    expect(reading.gaps).toEqual([
      expect.stringMatching(/last event was not seen in eu-central-1: CloudTrail delivers/),
    ]);
    expect(told(reading)).toEqual(told(readRun(everything())));
  });

  it('waits as long as it is told, and no longer', async () => {
    standIn.withheld.add('req-end-eu');

    const {slept} = await readAll({'wait-for': '40s'});

    expect(slept.filter((ms) => ms > 5000)).toEqual([15_000, 15_000, expect.any(Number)]);
  });

  it('waits until its last call was delivered', async () => {
    standIn.withheld.add('req-end-us');
    standIn.deliversAfter = 6;

    const {reading, slept} = await readAll({'wait-for': '20m'});

    expect(reading.gaps).toEqual([]);
    expect(slept.filter((ms) => ms > 5000).length).toBeGreaterThan(1);
  });

  it('is not complete before what was done earlier had the time to be delivered', async () => {
    const {reading} = await readAll({}, 50 + 14 * 60);
    const {reading: waited, slept} = await readAll({'wait-for': '20m'}, 50);

    expect(reading.completeTo).toBeUndefined();
    expect(reading.gaps).toEqual([
      expect.stringMatching(
        /^it was read less than 15 minutes after the end, .* `run --wait-for-audit 20m` waits for it, and `offdrill report run-of-test --reconcile`/,
      ),
    ]);
    expect(waited).toMatchObject({completeTo: expect.any(String), gaps: []});
    expect(slept.filter((ms) => ms > 5000).length).toBeGreaterThan(50);
  });

  it('waits as long as the window says where that is longer, and tells until when', async () => {
    standIn.withheld.add('req-end-us');
    standIn.deliversAfter = 6;
    const awaited: number[] = [];

    const {reading} = await readAll({'wait-for': '40s'}, 1200, {
      waitForMs: 1_200_000,
      awaits: (at) => awaited.push(at),
    });

    expect(reading).toMatchObject({completeTo: expect.any(String), gaps: []});
    expect(awaited).toEqual([runAt + 1_199_000 + 1_200_000]);
  });

  it('reads what is there once nobody waits any more', async () => {
    standIn.withheld.add('req-end-us');
    const stop = new AbortController();
    const awaits = (): void => stop.abort();

    const {reading, slept} = await readAll({'wait-for': '20m'}, 1200, {hurry: stop.signal, awaits});

    expect(reading.gaps).toEqual([expect.stringMatching(/last event was not seen in us-east-1/)]);
    expect(slept.filter((ms) => ms > 5000)).toEqual([15_000]);
  });

  it('reads in another process, long after the run, with a session of its own', async () => {
    const first = await open();
    await runThrough(first);
    const noted: unknown = JSON.parse(
      JSON.stringify(await cloudtrail.note(cloudtrail.input.parse({}), identities, first.ctx)),
    );
    standIn.sessions.length = 0;
    const later = await open();
    later.at(86_400);

    const notes = cloudtrail.late?.notes.parse(noted) ?? {declared: []};
    const reading = await cloudtrail.read(cloudtrail.input.parse({}), windowOf(notes), later.ctx);

    expect(reading).toMatchObject(readRun(everything()));
    expect(standIn.sessions).toEqual([{name: 'offdrill-run-of-test', seconds: 3600}]);
  });

  it('takes another session where its own is about to end before all is read', async () => {
    const {session, ctx, at} = await open();
    await session.begin({maxDurationMs: 60_000}, ctx.signal);
    at(1560);
    await session.reader('us-east-1', ctx.signal);
    const before = standIn.sessions.length;
    at(1562);

    await session.reader('us-east-1', ctx.signal);
    await session.reader('eu-central-1', ctx.signal);

    expect(before).toBe(1);
    expect(standIn.sessions.map(({seconds}) => seconds)).toEqual([1860, 3600]);
  });

  it('takes no session in another account than the guard’s to read with', async () => {
    const {session, ctx} = await open({role: 'arn:aws:iam::999999999999:role/drill'});

    await expect(session.reader('us-east-1', ctx.signal)).rejects.toMatchObject({detail: 'another-account'});
    await expect(session.begin({maxDurationMs: 60_000}, ctx.signal)).rejects.toMatchObject({detail: 'another-account'});
    expect(standIn.sessions).toEqual([]);
  });

  it('goes no further than its last mark where its last call was not answered, and waits for nothing', async () => {
    const opened = await open();
    await runThrough(opened, {}, {ends: false});
    const {ctx, slept, at} = opened;
    const input = cloudtrail.input.parse({'wait-for': '20m'});
    const notes = await cloudtrail.note(input, identities, ctx);
    at(4 * 86_400);

    const reading = await cloudtrail.read(input, windowOf(notes), ctx);

    expect(reading.completeTo).toBeUndefined();
    expect(reading.gaps).toEqual([
      "the run's own last call was not answered in eu-central-1",
      "the run's own last call was not answered in us-east-1",
    ]);
    expect(slept.filter((ms) => ms > 5000)).toEqual([]);
    expect(reading.events.filter(({time}) => time > '2026-11-29T12:00:46.000Z')).toEqual([]);
  });

  it('is not complete where CloudTrail keeps no more of the time', async () => {
    const {reading} = await readAll({}, 91 * 86_400);

    expect(reading).toMatchObject({
      completeTo: undefined,
      gaps: ['it was read more than 90 days after the run began, and CloudTrail keeps no more'],
    });
  });

  it('counts a record that can’t be read as a gap', async () => {
    standIn.broken = ['{"eventTime": ', '{}'];

    const {reading} = await readAll();

    // In each of the two regions.
    expect(reading.gaps).toEqual(['4 records could not be read']);
  });

  it('reads the files of a trail, packed or not, in folders below', async () => {
    const [home = '', global = ''] = regions;
    await mkdir(path.join(folder, 'AWSLogs/CloudTrail-Digest'), {recursive: true});
    await writeFile(path.join(folder, 'AWSLogs/home.json.gz'), gzipSync(await readFile(fileOf(home))));
    await writeFile(path.join(folder, 'global.json'), await readFile(fileOf(global)));
    await writeFile(path.join(folder, 'AWSLogs/CloudTrail-Digest/digest.json'), '{"awsAccountId": "1"}');
    await writeFile(path.join(folder, 'notes.txt'), 'nothing');

    const {reading} = await readAll({files: '.'});

    const {completeTo: _, gaps, ...known} = readRun(everything());
    expect(reading).toMatchObject(known);
    expect(gaps).toEqual([]);
    expect(reading).toMatchObject({completeTo: undefined, gaps: unchecked});
    expect(reading.blind).not.toContainEqual(expect.stringMatching(/other regions/));
    expect(standIn.asked).toEqual([]);
  });

  it('is complete with files where their digests name no other', async () => {
    const digests = await Promise.all(
      regions.map(async (region) => ({region, ...hour, files: {[region]: await readFile(fileOf(region), 'utf8')}})),
    );
    await writeBucket(folder, digests);

    const {reading} = await readAll({files: '.'});

    expect(reading).toMatchObject(readRun(everything()));
    expect(reading.blind).toContainEqual(expect.stringMatching(/`aws cloudtrail validate-logs`/));
  });

  it('waits until the digests are there too', async () => {
    const files = {files: '.', 'wait-for': '1h'};
    for (const region of regions) await writeFile(path.join(folder, `${region}.json`), await readFile(fileOf(region)));
    const digests = await Promise.all(
      regions.map(async (region) => ({region, ...hour, files: {[region]: await readFile(fileOf(region), 'utf8')}})),
    );
    const deliver = (): Promise<void> => writeBucket(folder, digests);

    const {reading, slept} = await readAll(files, 1200, {}, deliver);

    expect(reading).toMatchObject({completeTo: expect.any(String), gaps: []});
    expect(slept.filter((ms) => ms > 5000)).toEqual([15_000]);
  });

  it('counts a file that was cut off as a gap', async () => {
    for (const region of regions) await writeFile(path.join(folder, `${region}.json`), await readFile(fileOf(region)));
    const whole = gzipSync(await readFile(fileOf(regions[0])));
    await writeFile(path.join(folder, 'cut.json.gz'), whole.subarray(0, 200));

    const {reading} = await readAll({files: folder});

    expect(reading.gaps).toEqual(['a record could not be read', ...unchecked]);
  });

  it('refuses a folder that is not there before anything is changed', async () => {
    const {session, ctx} = await open();
    await session.begin({maxDurationMs: 60_000}, ctx.signal);

    await expect(cloudtrail.check(cloudtrail.input.parse({files: 'nowhere'}), ctx)).rejects.toMatchObject({
      code: 'not-found',
      detail: 'no-trail-files',
    });
  });

  it('refuses to work with the operator’s key: nothing tells the run from a person', async () => {
    const {session, ctx} = await open({});
    await session.begin({maxDurationMs: 60_000}, ctx.signal);

    await expect(cloudtrail.check(cloudtrail.input.parse({}), ctx)).rejects.toMatchObject({
      code: 'conflict',
      detail: 'no-own-key',
      message: expect.stringContaining('Expected a `role` on the connection'),
    });
    expect(session.ownKeys).toEqual([]);
  });

  it('knows the keys and marks of the run in another process of it', async () => {
    const first = await open();
    await first.session.begin({maxDurationMs: 60_000}, first.ctx.signal);
    await first.session.mark('preflight', first.ctx.signal);

    const {session} = await open();

    expect(session.ownKeys).toEqual([key]);
    expect(session.marks.map(({phase, requestId}) => `${phase} ${requestId}`)).toEqual([
      'begin req-begin',
      'preflight req-preflight',
    ]);
  });

  it('makes its last calls once', async () => {
    const {session, ctx} = await open();
    await session.begin({maxDurationMs: 60_000}, ctx.signal);

    await session.end(ctx.signal);
    await session.end(ctx.signal);

    expect(session.marks.map(({phase, region}) => `${phase} ${region}`)).toEqual([
      'begin eu-central-1',
      'end us-east-1',
      'end eu-central-1',
    ]);
  });

  it('tells of an emulator that it keeps no record', async () => {
    const {session, ctx} = await open({role, endpoint: 'http://127.0.0.1:9'});
    const input = cloudtrail.input.parse({});
    await session.begin({maxDurationMs: 60_000}, ctx.signal);
    await session.mark('shutdown', ctx.signal);
    await cloudtrail.check(input, ctx);
    const notes = await cloudtrail.note(input, identities, ctx);
    await session.end(ctx.signal);

    expect(await cloudtrail.read(input, windowOf(notes), ctx)).toMatchObject({
      events: [],
      completeTo: undefined,
      gaps: ['an emulator keeps no CloudTrail'],
    });
    expect(session.marks).toEqual([]);
  });

  it('needs one right, and none to read files', () => {
    expect(cloudtrail.needs?.(cloudtrail.input.parse({}))).toEqual([
      {path: '*', capabilities: ['cloudtrail:LookupEvents']},
    ]);
    expect(cloudtrail.needs?.(cloudtrail.input.parse({files: 'trail'}))).toEqual([]);
    expect(aws.audits.cloudtrail).toBe(cloudtrail);
  });
});

function fileOf(region: string): string {
  return path.join(fixtures, `${region}.json`);
}
