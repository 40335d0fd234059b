import {mkdir, mkdtemp, rm, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import type {Look} from '../../../src/contract/driver.ts';
import {AwsClient} from '../../../src/drivers/aws/client.ts';
import {cloudtrail} from '../../../src/drivers/aws/cloudtrail.ts';
import {connection} from '../../../src/drivers/aws/connection.ts';
import {aws} from '../../../src/drivers/aws/index.ts';
import {contextOf} from '../../helpers/context.ts';
import {StandInTrail} from './stand-in-trail.ts';
import {runAt} from './trail-run.ts';

const role = 'arn:aws:iam::123456789012:role/drill';
const operatorKey = 'AKIAOLGAOLGAOLGAOLGA';
const operator = `[default]\naws_access_key_id = ${operatorKey}\naws_secret_access_key = nothing\n`;
const minute = 60_000;

describe('drivers/aws/look-at-trail', () => {
  let standIn: StandInTrail;
  let folder: string;
  beforeEach(async () => {
    standIn = new StandInTrail();
    standIn.readers.add(operatorKey);
    standIn.takesThePlaceOf(AwsClient);
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-trail-'));
    return () => {
      vi.restoreAllMocks();
      return rm(folder, {recursive: true, force: true});
    };
  });

  /** As doctor looks: no run has begun. */
  async function look(
    given: object,
    {at = runAt + 10 * minute, ...place}: {readonly at?: number; readonly role?: string; readonly endpoint?: string} = {
      role,
    },
  ): Promise<Look | undefined> {
    const clock = {now: () => at, sleep: async () => undefined};
    const known = {...contextOf(undefined, {base: folder}), clock};
    const input = connection.input.parse({region: 'eu-central-1', credentials: operator, ...place});
    const session = await connection.open(input, {...known, owned: () => [], ownedEarlier: () => []});
    return aws.auditLooks?.cloudtrail?.(cloudtrail.input.parse(given), {...known, connection: session});
  }

  const logFile = async (name: string, at: number): Promise<void> => {
    const file = path.join(folder, 'AWSLogs', name);
    await mkdir(path.dirname(file), {recursive: true});
    await writeFile(file, '{"Records": []}');
    await utimes(file, at / 1000, at / 1000);
  };

  it('tells how old the newest event is, in each region that is read, by the operator’s key', async () => {
    expect(await look({})).toEqual({
      state: 'ok',
      message: 'LookupEvents answers; the newest event is 9m02s old in eu-central-1, 9m10s old in us-east-1',
    });
    expect(standIn.asked).toEqual(['eu-central-1 first', 'us-east-1 first']);
  });

  it('warns of a region in which nothing was recorded for a day', async () => {
    const {state, message} = (await look({}, {role, at: runAt + 25 * 60 * minute})) ?? {};

    expect(state).toBe('warn');
    expect(message).toContain('no event of the last day in eu-central-1 and us-east-1. This look is recorded too');
  });

  it('knows nothing of the role where the operator may not ask', async () => {
    standIn.readers.delete(operatorKey);

    expect(await look({})).toEqual({
      state: 'warn',
      message:
        'the operator may not ask CloudTrail in eu-central-1, which says nothing of the role that the run takes: `offdrill run --until baseline` tells',
    });
  });

  it('asks again where it asks too often, and throws what does not answer', async () => {
    standIn.throttled = 2;
    expect(await look({})).toMatchObject({state: 'ok'});

    standIn.throttled = 100;
    await expect(look({})).rejects.toMatchObject({code: 'rate-limited'});
  });

  it.each([{}, {files: 'AWSLogs'}])(
    'fails where the run would work with the operator’s key, with %j',
    async (given) => {
      expect(await look(given, {})).toEqual({
        state: 'fail',
        message: expect.stringMatching(/^Expected a `role` on the connection.* Name a role, or say `blind`\.$/),
      });
      expect(standIn.asked).toEqual([]);
    },
  );

  it.each([{}, {files: 'AWSLogs'}])('warns that an emulator keeps no record, with %j', async (given) => {
    expect(await look(given, {endpoint: 'http://127.0.0.1:9'})).toEqual({
      state: 'warn',
      message: expect.stringContaining('an emulator keeps no CloudTrail'),
    });
  });

  it('tells how old the newest log file is', async () => {
    const at = runAt + 10 * minute;
    await logFile('old.json.gz', at - 3 * minute);
    await logFile('a/new.json', at - 2 * minute);
    await logFile('newer_CloudTrail-Digest_x.json.gz', at - minute);

    const found = await look({files: 'AWSLogs'});
    const later = await look({files: 'AWSLogs'}, {role, at: at + 25 * 60 * minute});

    expect(found).toEqual({state: 'ok', message: 'the folder can be read; its newest log file is 2m old'});
    expect(later).toEqual({
      state: 'warn',
      message: 'the folder can be read; its newest log file is 25h02m old. Is it still filled from the bucket?',
    });
    expect(standIn.asked).toEqual([]);
  });

  it('warns where no digests lie beside the log files: such a record is never complete', async () => {
    await logFile('new.json.gz', runAt);

    expect(await look({files: 'AWSLogs'})).toEqual({
      state: 'warn',
      message: expect.stringContaining('the folder can be read, and has no digests (`CloudTrail-Digest`)'),
    });
  });

  it('fails where there is no folder, or no log file in it', async () => {
    await expect(look({files: 'AWSLogs'})).rejects.toMatchObject({detail: 'no-trail-files'});
    await mkdir(path.join(folder, 'AWSLogs'));

    expect(await look({files: 'AWSLogs'})).toEqual({
      state: 'fail',
      message: `Expected log files of CloudTrail in \`${path.join(folder, 'AWSLogs')}\`, found none. Copy them there, or leave \`files\` out.`,
    });
  });
});
