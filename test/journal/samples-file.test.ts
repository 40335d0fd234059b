import {createHash} from 'node:crypto';
import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it} from 'vitest';
import {SamplesFile} from '../../src/journal/samples-file.ts';
import {createRedactor} from '../../src/redact/redactor.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';

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

  it('adds nothing after it was closed', async () => {
    const samples = await SamplesFile.create({folder, redact: (text) => text});
    const closed = await samples.close();

    samples.append(sample);

    expect(await samples.close()).toEqual(closed);
    expect((await stat(path.join(folder, 'samples.ndjson'))).size).toBe(0);
  });
});
