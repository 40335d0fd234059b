import {createHash} from 'node:crypto';
import {chmod, mkdir, readFile, stat, symlink} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it, onTestFinished} from 'vitest';
import type {Entry, JournalEvent} from '../../src/journal/entries.ts';
import {Journal} from '../../src/journal/journal.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {createRedactor} from '../../src/redact/redactor.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';

const clock = {now: () => Date.UTC(2026, 10, 22, 22, 56)};
const succeeded: JournalEvent = {type: 'step.succeeded', data: {step: 'stop-server', at: 1732312345678.25}};

let folder: string;

beforeEach(async () => {
  folder = path.join(await scratchFolder('journal'), 'runs', 'one');
});

describe('journal/journal', () => {
  it('goes on after the last line of another process', async () => {
    const first = await create();
    first.append(succeeded);
    first.close();

    const read = readJournal(journalFile());
    if (!read.ok) throw new Error(read.error.reason);
    const second = Journal.reopen({folder, redact: (text) => text, clock}, read.value);
    second.append({type: 'phase.started', data: {phase: 'rollback'}});
    second.close();

    expect(readJournal(journalFile())).toMatchObject({
      ok: true,
      value: {
        entries: [
          {seq: 0, type: 'step.succeeded'},
          {seq: 1, type: 'phase.started'},
        ],
      },
    });
  });

  it('goes on with no journal that somebody else wrote to meanwhile', async () => {
    const first = await create();
    first.append(succeeded);
    const read = readJournal(journalFile());
    first.append(succeeded);

    const reopen = () => Journal.reopen({folder, redact: (text) => text, clock}, read.ok ? read.value : never());

    expect(reopen).toThrow('somebody else writes to it');
  });

  it('chains every line to the one before', async () => {
    const journal = await create();
    journal.append({type: 'phase.started', data: {phase: 'guard'}});
    journal.append(succeeded);
    journal.close();

    const [first = '', second = ''] = (await readFile(journalFile(), 'utf8')).split('\n');

    expect(JSON.parse(first)).toEqual({
      v: 1,
      seq: 0,
      time: '2026-11-22T22:56:00.000Z',
      type: 'phase.started',
      data: {phase: 'guard'},
      prev: '0'.repeat(64),
    });
    expect(JSON.parse(second)).toMatchObject({seq: 1, prev: createHash('sha256').update(first).digest('hex')});
  });

  it('has an entry on disk when append returns', async () => {
    const journal = await create();

    journal.append(succeeded);

    const read = readJournal(journalFile());
    expect(read.ok && read.value.entries).toMatchObject([{type: 'step.succeeded'}]);
    expect(journal.count).toBe(1);
  });

  it.each([0o000, 0o777])('keeps folder and file private under a umask of %i', async (umask) => {
    await mkdir(path.dirname(folder), {recursive: true});
    const before = process.umask(umask);
    onTestFinished(() => {
      process.umask(before);
    });

    await create();

    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(journalFile())).mode & 0o777).toBe(0o600);
  });

  it('closes a folder of its own to others', async () => {
    await mkdir(folder, {recursive: true});
    await chmod(folder, 0o777);

    await create();

    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('refuses a folder that is a link', async () => {
    const real = await scratchFolder('elsewhere');
    await mkdir(path.dirname(folder), {recursive: true});
    await symlink(real, folder);

    await expect(create()).rejects.toMatchObject({name: 'JournalError', code: 'journal-folder'});
  });

  it('refuses a folder that has a journal', async () => {
    await create();

    await expect(create()).rejects.toMatchObject({code: 'journal-folder'});
  });

  it('writes, hashes and tells the redacted line', async () => {
    const redactor = createRedactor();
    redactor.add('pa55"w\\ord\n1', 'db');
    const journal = await create(redactor.redact);
    const told: Entry[] = [];
    journal.subscribe((entry) => told.push(entry));

    const entry = journal.append({
      type: 'capture.taken',
      data: {
        capture: 'db-user',
        generation: 1,
        count: 1,
        facts: {'pa55"w\\ord\n1': 'its key', note: 'got pa55"w\\ord\n1', nested: '{"p":"pa55\\"w\\\\ord\\n1"}'},
      },
    });
    journal.append(succeeded);

    const text = await readFile(journalFile(), 'utf8');
    const read = readJournal(journalFile());
    expect(redactor.find(text)).toEqual([]);
    expect(read.ok && read.value.entries[0]).toEqual(entry);
    expect(told[0]).toEqual(entry);
    expect(entry.data).toMatchObject({
      facts: {'[REDACTED:db]': 'its key', note: 'got [REDACTED:db]', nested: '{"p":"[REDACTED:db]"}'},
    });
  });

  it('never lets a secret break the chain', async () => {
    const journal = await create((text) => text.replaceAll(/[0-9a-f]{6}/g, '[REDACTED:it]'));

    journal.append(succeeded);
    journal.append(succeeded);

    expect(readJournal(journalFile())).toMatchObject({ok: true, value: {entries: [{seq: 0}, {seq: 1}]}});
  });

  it('calls listeners until they stop or throw', async () => {
    const journal = await create();
    const seen: string[] = [];
    const stop = journal.subscribe((entry) => seen.push(`stopped ${entry.seq}`));
    journal.subscribe((entry) => {
      seen.push(`threw ${entry.seq}`);
      throw new Error('no terminal');
    });
    journal.subscribe((entry) => seen.push(`stayed ${entry.seq}`));

    journal.append(succeeded);
    stop();
    journal.append(succeeded);

    expect(seen).toEqual(['stopped 0', 'threw 0', 'stayed 0', 'stayed 1']);
  });

  it('appends nothing after it was closed', async () => {
    const journal = await create();
    journal.close();
    journal.close();

    expect(() => journal.append(succeeded)).toThrow('journal.ndjson is closed');
    expect((await stat(journalFile())).size).toBe(0);
  });
});

async function create(redact = (text: string): string => text): Promise<Journal> {
  const journal = await Journal.create({folder, redact, clock});
  onTestFinished(() => journal.close());
  return journal;
}

function journalFile(): string {
  return path.join(folder, 'journal.ndjson');
}

function never(): never {
  throw new Error('unreachable');
}
