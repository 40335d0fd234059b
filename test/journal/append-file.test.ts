import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {readJournal} from '../../src/journal/read-journal.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';

describe('journal/append-file', () => {
  it('takes back half a line when the disk is full', async () => {
    const folder = path.join(await scratchFolder('journal'), 'run');
    const source = (name: string): string => JSON.stringify(path.resolve(import.meta.dirname, '../../src', name));
    const script = `
      import {Journal} from ${source('journal/journal.ts')};
      const journal = await Journal.create({folder: process.argv[1], redact: (text) => text, clock: {now: () => 0}});
      process.on('SIGXFSZ', () => {});
      const append = (step) => journal.append({type: 'step.succeeded', data: {step, at: 1}});
      append('a');
      try { append('x'.repeat(4000)); } catch (error) { console.log(error.name, error.code); }
      append('b');
    `;

    // A small limit of the file size stands in for a full disk: the write is cut short, and the next one fails.
    const child = spawn(
      'sh',
      ['-c', 'ulimit -f 2; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script, folder],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const printed = child.stdout.toArray();
    await once(child, 'exit');

    expect(Buffer.concat(await printed).toString()).toBe('JournalError journal-write\n');
    const read = readJournal(await readFile(path.join(folder, 'journal.ndjson')));
    expect(read).toMatchObject({ok: true, value: {entries: [{data: {step: 'a'}}, {data: {step: 'b'}}]}});
    expect(read.ok && read.value.torn).toBeUndefined();
  });
});
