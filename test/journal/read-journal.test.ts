import {createHash} from 'node:crypto';
import {readdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it} from 'vitest';
import {Journal} from '../../src/journal/journal.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {recoverJournal} from '../../src/journal/recover-journal.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';
import {countInFs} from './file-system.ts';

let folder: string;
let bytes: Buffer;
let lines: readonly string[];

beforeEach(async () => {
  folder = path.join(await scratchFolder('journal'), 'run');
  const journal = await Journal.create({folder, redact: (text) => text, clock: {now: () => 0}});
  for (const step of ['a', 'b', 'ü']) journal.append({type: 'step.succeeded', data: {step, at: 1}});
  journal.close();
  bytes = await readFile(path.join(folder, 'journal.ndjson'));
  lines = bytes.toString().trimEnd().split('\n');
});

describe('journal/read-journal', () => {
  it('reads what was appended', () => {
    expect(readJournal(bytes)).toMatchObject({ok: true, value: {entries: [{seq: 0}, {seq: 1}, {data: {step: 'ü'}}]}});
  });

  it('reads no entries from an empty journal', () => {
    expect(readJournal(Buffer.alloc(0))).toEqual({ok: true, value: {entries: [], head: '0'.repeat(64), bytes: 0}});
  });

  it.each([1, 2, 40])('tells a last line torn %d bytes before its end', (missing) => {
    const [first = '', second = '', third = ''] = lines;
    const cut = Buffer.from(`${third}\n`).subarray(0, -missing);

    const read = readJournal(Buffer.concat([Buffer.from(`${first}\n${second}\n`), cut]));

    const sha256 = createHash('sha256').update(cut).digest('hex');
    expect(read).toMatchObject({ok: true, value: {entries: [{seq: 0}, {seq: 1}], torn: {bytes: cut.length, sha256}}});
  });

  it.each<[string, number, (lines: readonly string[]) => readonly string[]]>([
    ['an edited line', 2, ([a = '', ...rest]) => [a.replace('"step":"a"', '"step":"x"'), ...rest]],
    ['a missing line', 2, ([a = '', , c = '']) => [a, c]],
    ['a missing first line', 1, ([, ...rest]) => rest],
    ['swapped lines', 1, ([a = '', b = '', c = '']) => [b, a, c]],
    [
      'a line serialised anew',
      2,
      ([a = '', ...rest]) => [JSON.stringify(JSON.parse(a), null, 1).replaceAll('\n', ''), ...rest],
    ],
    ['a line that is no JSON', 3, ([a = '', b = '']) => [a, b, '{"v":1']],
    ['a line that is no object', 3, ([a = '', b = '']) => [a, b, '7']],
    ['an empty line', 2, ([a = '', ...rest]) => [a, '', ...rest]],
    ['a number out of order', 1, ([a = '']) => [a.replace('"seq":0', '"seq":1')]],
    ['another version', 1, ([a = '']) => [a.replace('"v":1', '"v":2')]],
    ['an unknown type', 1, ([a = '']) => [a.replace('step.succeeded', 'step.imagined')]],
    ['an inherited name as type', 1, ([a = '']) => [a.replace('step.succeeded', 'toString')]],
    ['no time', 1, ([a = '']) => [a.replace(/"time":"[^"]*"/, '"time":"soon"')]],
    ['a number as time', 1, ([a = '']) => [a.replace(/"time":"[^"]*"/, '"time":5')]],
    ['a text as data', 1, ([a = '']) => [a.replace(/"data":\{[^}]*\}/, '"data":"a"')]],
    ['a byte order mark before a line', 3, ([a = '', b = '', c = '']) => [a, b, `\u{feff}${c}`]],
    ['no data', 1, ([a = '']) => [a.replace(/"data":\{[^}]*\}/, '"data":null')]],
  ])('reports %s as damage', (_name, line, change) => {
    const read = readJournal(Buffer.from(`${change(lines).join('\n')}\n`));

    expect(read).toMatchObject({ok: false, error: {line, reason: expect.stringMatching(/\.$/)}});
  });

  it.each(['7', 'null', '"text"', '{"v":1'])('calls %s no JSON object', (line) => {
    expect(readJournal(Buffer.from(`${line}\n`))).toEqual({
      ok: false,
      error: {line: 1, reason: 'Expected an entry, got something that is no JSON object.'},
    });
  });

  it('reports bytes that are no UTF-8 as damage', () => {
    const broken = Buffer.from(bytes);
    broken[broken.indexOf('ü')] = 0xff;

    expect(readJournal(broken)).toMatchObject({ok: false, error: {line: 3}});
  });

  it('reports a journal that is not there', () => {
    expect(readJournal(path.join(folder, 'none'))).toEqual({
      ok: false,
      error: {line: 0, reason: 'Expected to read a journal, got ENOENT.'},
    });
  });

  it('holds nothing of a damaged line in its reason', () => {
    const read = readJournal(Buffer.from('{"token": hvs.CAESIJ\n'));

    expect(JSON.stringify(read)).not.toContain('hvs');
  });
});

describe('journal/recover-journal', () => {
  it('keeps a torn last line aside', async () => {
    await writeFile(path.join(folder, 'journal.ndjson'), Buffer.concat([bytes, Buffer.from('{"v":1,"se')]));

    const recovered = await recoverJournal(folder);

    expect(recovered).toMatchObject({ok: true, value: {entries: {length: 3}, torn: {bytes: 10, file: 'journal.torn'}}});
    expect(await readFile(path.join(folder, 'journal.torn'), 'utf8')).toBe('{"v":1,"se');
    expect((await stat(path.join(folder, 'journal.torn'))).mode & 0o777).toBe(0o600);
    expect(await readFile(path.join(folder, 'journal.ndjson'))).toEqual(bytes);
  });

  it('has what it keeps on disk before it cuts the journal', async () => {
    await writeFile(path.join(folder, 'journal.ndjson'), Buffer.concat([bytes, Buffer.from('{"torn')]));
    const syncs = countInFs('fsyncSync');

    await recoverJournal(folder);

    expect(syncs.count).toBe(1);
  });

  it('tells where there is no journal', async () => {
    expect(await recoverJournal(path.join(folder, 'none'))).toEqual({
      ok: false,
      error: {line: 0, reason: 'Expected to read a journal, got ENOENT.'},
    });
  });

  it('leaves a whole journal as it is', async () => {
    const recovered = await recoverJournal(folder);

    expect(recovered).toMatchObject({ok: true, value: {entries: {length: 3}}});
    expect(await readdir(folder)).toEqual(['journal.ndjson']);
  });

  it('loses nothing when it is torn twice', async () => {
    for (const torn of ['{"first', '{"second', '{"second']) {
      await writeFile(path.join(folder, 'journal.ndjson'), Buffer.concat([bytes, Buffer.from(torn)]));
      await recoverJournal(folder);
    }

    expect((await readdir(folder)).sort()).toEqual(['journal.ndjson', 'journal.torn', 'journal.torn.2']);
    expect(await readFile(path.join(folder, 'journal.torn'), 'utf8')).toBe('{"first');
  });

  it('cuts nothing from a damaged journal', async () => {
    const damaged = Buffer.from(`{}\n{"torn`);
    await writeFile(path.join(folder, 'journal.ndjson'), damaged);

    const recovered = await recoverJournal(folder);

    expect(recovered).toMatchObject({ok: false, error: {line: 1}});
    expect(await readFile(path.join(folder, 'journal.ndjson'))).toEqual(damaged);
  });
});
