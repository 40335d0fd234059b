import {createHash} from 'node:crypto';
import {appendFile, readFile, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import {SamplesFile} from '../../src/journal/samples-file.ts';
import {createRedactor} from '../../src/redact/redactor.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';
import {countInFs, replaceInFs} from './file-system.ts';

const sample = {
  probe: 'checkout',
  generation: 1,
  sequence: 12,
  sentAt: 1732312345678.123,
  durationMs: 3.2001,
  state: 'allowed',
  code: '200',
} as const;

let folder: string;

beforeEach(async () => {
  folder = await scratchFolder('samples');
});

describe('journal/samples-file', () => {
  it('writes a short line for each sample', async () => {
    const samples = await SamplesFile.create({folder, redact: (text) => text});

    samples.append(sample);
    await samples.close();

    expect(await readFile(path.join(folder, 'samples.ndjson'), 'utf8')).toBe(
      '{"p":"checkout","g":1,"n":12,"t":1732312345678.1,"d":3.2,"s":"allowed","c":"200"}\n',
    );
    expect((await stat(path.join(folder, 'samples.ndjson'))).mode & 0o777).toBe(0o600);
  });

  it('tells count and digest of all samples', async () => {
    const samples = await SamplesFile.create({folder, redact: (text) => text});
    for (let sequence = 0; sequence < 1000; sequence++) samples.append({...sample, sequence});

    const closed = await samples.close();

    const bytes = await readFile(path.join(folder, 'samples.ndjson'));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(closed).toEqual({file: 'samples.ndjson', sha256, samples: 1000});
    expect(bytes.toString().split('\n')).toHaveLength(1001);
  });

  it('redacts every line', async () => {
    const redactor = createRedactor();
    redactor.add('hunter2-secret', 'it');
    const samples = await SamplesFile.create({folder, redact: redactor.redact});

    samples.append({...sample, code: 'no-hunter2-secret'});
    await samples.close();

    expect(await readFile(path.join(folder, 'samples.ndjson'), 'utf8')).toContain('"c":"no-[REDACTED:it]"');
  });

  it.each([
    {what: 'holds something else', change: (file: string) => appendFile(file, '{}\n'), found: 'something else'},
    {what: 'is gone', change: (file: string) => rm(file), found: 'that it can’t be read'},
  ])('tells that the file $what, and who is to be asked', async ({change, found}) => {
    const samples = await SamplesFile.create({folder, redact: (text) => text});
    const file = path.join(folder, 'samples.ndjson');
    await change(file);

    const closing = samples.close();

    await expect(closing).rejects.toMatchObject({
      code: 'journal-write',
      message: `Expected \`${file}\` to hold what was written, found ${found}. Find out who changed it.`,
    });
  });

  it('syncs and closes the file', async () => {
    const samples = await SamplesFile.create({folder, redact: (text) => text});
    const [syncs, closes] = [countInFs('fdatasyncSync'), countInFs('closeSync')];

    await samples.close();

    expect([syncs.count, closes.count]).toEqual([1, 1]);
  });

  it('takes no more once a sample could not be written', async () => {
    const redact = vi.fn((text: string) => text);
    const samples = await SamplesFile.create({folder, redact});
    replaceInFs('writeSync', () => () => {
      throw Object.assign(new Error('ENOSPC'), {code: 'ENOSPC'});
    });
    for (let count = 0; count < 1000; count++) samples.append(sample);
    const taken = redact.mock.calls.length;

    samples.append(sample);

    expect(taken).toBeLessThan(1000);
    expect(redact).toHaveBeenCalledTimes(taken);
    await expect(samples.close()).rejects.toThrow('ENOSPC');
  });

  it('adds nothing after it was closed', async () => {
    const redact = vi.fn((text: string) => text);
    const samples = await SamplesFile.create({folder, redact});
    const closed = await samples.close();

    samples.append(sample);

    expect(redact).not.toHaveBeenCalled();

    expect(await samples.close()).toEqual(closed);
    expect((await stat(path.join(folder, 'samples.ndjson'))).size).toBe(0);
  });
});
