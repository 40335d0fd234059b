import {readFile, stat, symlink, unlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, onTestFinished} from 'vitest';
import {AppendFile} from '../../src/journal/append-file.ts';
import type {JournalEvent} from '../../src/journal/entries.ts';
import {Journal} from '../../src/journal/journal.ts';
import {errnoOf, JournalError} from '../../src/journal/journal-error.ts';
import {checkOwnFolder, createPrivateFolder, syncFolder} from '../../src/journal/private-folder.ts';
import {SamplesFile} from '../../src/journal/samples-file.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';
import {countInFs, replaceInFs} from './file-system.ts';

const plain = {redact: (text: string) => text, clock: {now: () => 0}};
const synced: JournalEvent = {type: 'step.started', data: {step: 'a', uses: 'x/y', attempt: 1, at: 0}};
const unsynced: JournalEvent = {type: 'step.prepared', data: {step: 'a', state: null}};
const sample = {
  probe: 'p',
  generation: 1,
  sequence: 1,
  sentAt: 0,
  durationMs: 1,
  state: 'allowed',
  code: '200',
} as const;

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await scratchFolder('durable');
  file = path.join(folder, 'file.ndjson');
});

describe('what is on disk when a call returns', () => {
  it('syncs what recovery depends on, and nothing else', async () => {
    const journal = await Journal.create({folder: path.join(folder, 'run'), ...plain});
    const syncs = countInFs('fdatasyncSync');

    journal.append(unsynced);
    const afterUnsynced = syncs.count;
    journal.append(synced);
    const afterSynced = syncs.count;
    journal.append(unsynced, {sync: true});
    journal.append(synced, {sync: false});

    expect([afterUnsynced, afterSynced, syncs.count]).toEqual([0, 1, 2]);
  });

  it('syncs the folder of a new journal, so that the file itself is there', async () => {
    const syncs = countInFs('fsyncSync');

    await Journal.create({folder: path.join(folder, 'run'), ...plain});

    expect(syncs.count).toBe(1);
  });

  it('syncs before it closes, once', () => {
    const opened = AppendFile.create(file);
    const [syncs, closes] = [countInFs('fdatasyncSync'), countInFs('closeSync')];

    opened.close();
    opened.close();

    expect([syncs.count, closes.count]).toEqual([1, 1]);
    expect(() => opened.sync()).toThrow('file.ndjson is closed');
  });

  it('closes though it can not sync, and says so', () => {
    const opened = AppendFile.create(file);
    const closes = countInFs('closeSync');
    replaceInFs('fdatasyncSync', () => throwing('EIO'));

    expect(() => opened.close()).toThrow(expect.objectContaining({code: 'journal-write'}));
    expect(() => opened.close()).not.toThrow();
    expect(closes.count).toBe(1);
  });
});

describe('what a full disk leaves', () => {
  it('takes half a line back, and counts on from there', async () => {
    const opened = AppendFile.create(file);
    opened.append(Buffer.from('first\n'));
    replaceInFs('writeSync', (real) => {
      let calls = 0;
      return ((descriptor: number, bytes: Buffer, written: number) => {
        calls += 1;
        if (calls === 1) return real(descriptor, bytes.subarray(written, written + 3));
        if (calls === 2) throw errnoError('ENOSPC');
        return real(descriptor, bytes, written);
      }) as typeof real;
    });

    const append = (): void => opened.append(Buffer.from('second\n'));

    expect(append).toThrow(/Expected to write to `.*file\.ndjson`, got ENOSPC\. Check the disk/);
    expect(await readFile(file, 'utf8')).toBe('first\n');
    append();
    expect(await readFile(file, 'utf8')).toBe('first\nsecond\n');
  });

  it('writes no more where half a line can not be taken back', async () => {
    const opened = AppendFile.create(file);
    const closes = countInFs('closeSync');
    replaceInFs('writeSync', () => throwing('ENOSPC'));
    replaceInFs('ftruncateSync', () => throwing('EIO'));

    expect(() => opened.append(Buffer.from('x'))).toThrow(JournalError);
    expect(() => opened.append(Buffer.from('x'))).toThrow('file.ndjson is closed');
    expect(closes.count).toBe(1);
  });

  it('is told when the samples are closed, and not before', async () => {
    const samples = await SamplesFile.create({folder, redact: (text) => text});
    replaceInFs('writeSync', () => throwing('ENOSPC'));

    for (let count = 0; count < 2000; count++) samples.append(sample);

    await expect(samples.close()).rejects.toThrow('ENOSPC');
    expect((await stat(path.join(folder, 'samples.ndjson'))).size).toBe(0);
  });

  it('is told by the next entry where a sync fails', async () => {
    const journal = await Journal.create({folder: path.join(folder, 'run'), ...plain});
    replaceInFs('fdatasyncSync', () => throwing('EIO'));

    expect(() => journal.append(synced)).toThrow(/Expected to sync .* got EIO/);
  });
});

describe('how samples are gathered', () => {
  it('writes them a block at a time, in order', async () => {
    const samples = await SamplesFile.create({folder, redact: (text) => text});
    const writes = countInFs('writeSync');

    for (let sequence = 0; sequence < 1000; sequence++) samples.append({...sample, sequence});
    const before = writes.count;
    await samples.close();

    expect(before).toBeGreaterThan(1);
    expect(before).toBeLessThan(10);
    const lines = (await readFile(path.join(folder, 'samples.ndjson'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({length: 1000}, (_each, n) => n));
  });

  it('gives each process of a run a file of its own', async () => {
    const samples = await SamplesFile.create({folder, redact: (text) => text, number: 2});

    samples.append(sample);

    expect(await samples.close()).toMatchObject({file: 'samples.2.ndjson', samples: 1});
    expect((await stat(path.join(folder, 'samples.2.ndjson'))).mode & 0o777).toBe(0o600);
  });
});

describe('a file that is reopened', () => {
  it('is made private again, and appended to', async () => {
    await writeFile(file, 'first\n', {mode: 0o644});

    const opened = AppendFile.reopen(file, 6);
    opened.append(Buffer.from('second\n'));
    opened.close();

    expect(await readFile(file, 'utf8')).toBe('first\nsecond\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is closed and refused where it grew', async () => {
    await writeFile(file, 'first\nsecond\n');
    const closes = countInFs('closeSync');

    expect(() => AppendFile.reopen(file, 6)).toThrow(
      expect.objectContaining({code: 'journal-folder', message: expect.stringContaining('somebody else writes to it')}),
    );
    expect(closes.count).toBe(1);
  });

  it('is refused where it is gone', () => {
    expect(() => AppendFile.reopen(file, 0)).toThrow(
      expect.objectContaining({
        code: 'journal-folder',
        message: expect.stringMatching(
          /^Expected to go on with `.*`, got ENOENT\. Check the disk and who owns the file\.$/,
        ),
      }),
    );
  });
});

describe('a file that can not be made', () => {
  it('is told with its errno, what to do, and the error of the system', () => {
    AppendFile.create(file).close();

    const create = (): unknown => AppendFile.create(file);

    expect(create).toThrow(
      expect.objectContaining({
        code: 'journal-folder',
        message: `Expected to make \`${file}\`, got EEXIST. Each run needs a folder of its own.`,
        cause: expect.objectContaining({code: 'EEXIST'}),
      }),
    );
  });

  it.each([new Error('without a code'), 'no error at all'])('is told without an errno where there is none', (error) => {
    expect(errnoOf(error)).toBe('an unknown error');
  });
});

describe('a folder that is to be one’s own', () => {
  it('is taken, and closed again', () => {
    const closes = countInFs('closeSync');

    checkOwnFolder(folder);
    syncFolder(folder);

    expect(closes.count).toBe(2);
  });

  it('is refused where it is a link', async () => {
    const link = `${folder}-link`;
    await symlink(folder, link);
    onTestFinished(() => unlink(link));

    expect(() => checkOwnFolder(link)).toThrow(/to be a folder of your own, got a link or no folder \(E[A-Z]+\)\./);
  });

  it('is refused where it is somebody else’s, and closed again', () => {
    const {geteuid} = process;
    const closes = countInFs('closeSync');
    process.geteuid = () => 4_242_424;
    onTestFinished(() => void Object.assign(process, {geteuid}));

    expect(() => checkOwnFolder(folder)).toThrow(
      `Expected \`${folder}\` to be a folder of your own, got somebody else's.`,
    );
    expect(closes.count).toBe(1);
  });
});

describe('a folder that can not be made', () => {
  it('is told with its errno and what to do', async () => {
    await writeFile(file, '');

    const making = createPrivateFolder(path.join(file, 'below', 'it'));

    await expect(making).rejects.toMatchObject({
      code: 'journal-folder',
      message: expect.stringMatching(
        /^Expected to make the folder `.*`, got ENOTDIR\. Choose a place where you may write\.$/,
      ),
    });
  });

  it('is no folder of its own where a file stands', async () => {
    await writeFile(file, '');

    await expect(createPrivateFolder(file)).rejects.toThrow(
      /got a link or no folder \(E[A-Z]+\)\. Remove it, or choose another/,
    );
  });

  it('is private where it is new and where it was not', async () => {
    const inner = path.join(folder, 'new', 'inner');

    await createPrivateFolder(inner);

    expect((await stat(inner)).mode & 0o777).toBe(0o700);
    expect((await stat(path.dirname(inner))).mode & 0o077).toBe(0);
  });

  it('leaves no descriptor open', async () => {
    const closes = countInFs('closeSync');

    await createPrivateFolder(path.join(folder, 'one'));

    expect(closes.count).toBe(1);
  });
});

function throwing(code: string): () => never {
  return () => {
    throw errnoError(code);
  };
}

function errnoError(code: string): Error {
  return Object.assign(new Error(code), {code});
}
