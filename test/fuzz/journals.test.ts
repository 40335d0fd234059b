import {readFileSync} from 'node:fs';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {readJournal} from '../../src/journal/read-journal.ts';
import {recoverJournal} from '../../src/journal/recover-journal.ts';
import {readPast} from '../../src/run/past.ts';
import {judge} from '../../src/verdict/judge.ts';
import {recordHeld, seed, tries} from './runs.ts';

const bytes = readFileSync(new URL('../fixtures/journals/pass.ndjson', import.meta.url));
const whole = readJournal(bytes);
if (!whole.ok) throw new Error(whole.error.reason);
const {entries} = whole.value;
const lines = bytes.toString('utf8').trimEnd().split('\n');

const line = fc.nat(lines.length - 1);
const lastLine = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
const damaged: fc.Arbitrary<Buffer> = fc.oneof(
  fc.tuple(fc.nat(bytes.length - 1), fc.integer({min: 1, max: 255})).map(([at, mask]) => {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ mask;
    return flipped;
  }),
  line.map((at) => join(lines.toSpliced(at, 1))),
  line.map((at) => join(lines.toSpliced(at, 0, lines[at] ?? ''))),
  fc.tuple(line, line).map(([one, other]) => {
    const swapped = [...lines];
    [swapped[one], swapped[other]] = [lines[other] ?? '', lines[one] ?? ''];
    return join(swapped);
  }),
  fc.nat(bytes.length).map((length) => bytes.subarray(0, length)),
  fc
    .tuple(fc.nat(bytes.length), fc.uint8Array({maxLength: 40}))
    .map(([at, more]) => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])),
);

describe(`journals, damaged (seed ${seed})`, {timeout: 14_400_000}, () => {
  it('are found to be damaged, or are the beginning of what was written, but for the last line', () => {
    const settings = tries(2000);

    fc.assert(
      fc.property(damaged, (found) => {
        const read = readJournal(found);

        if (!read.ok) {
          expect(read.error.line).toBeGreaterThanOrEqual(1);
          expect(read.error.line).toBeLessThanOrEqual(lines.length + 1);
          return;
        }
        const {entries: kept, torn} = read.value;
        if (kept.length < entries.length || torn !== undefined) {
          expect(kept).toEqual(entries.slice(0, kept.length));
          return;
        }
        // Each line is vouched for by the next one, the last by its form alone.
        expect(kept).toHaveLength(entries.length);
        expect(found.subarray(0, lastLine)).toEqual(bytes.subarray(0, lastLine));
      }),
      settings,
    );
    recordHeld('a journal with a byte, a line or its end changed (a change in the last line apart)', settings);
  });

  it('recover to what was whole, and keep the torn rest', async () => {
    const settings = tries(40);

    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), async (length) => {
        const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-fuzz-'));
        try {
          await writeFile(path.join(folder, 'journal.ndjson'), bytes.subarray(0, length));

          const recovered = await recoverJournal(folder);

          const kept = await readFile(path.join(folder, 'journal.ndjson'));
          const torn = (await readdir(folder)).includes('journal.torn')
            ? await readFile(path.join(folder, 'journal.torn'))
            : Buffer.alloc(0);
          expect(recovered.ok).toBe(true);
          expect(Buffer.concat([kept, torn]).equals(bytes.subarray(0, length))).toBe(true);
          expect(readJournal(kept)).toMatchObject({ok: true, value: {bytes: kept.length}});
        } finally {
          await rm(folder, {recursive: true});
        }
      }),
      settings,
    );
    recordHeld('a journal cut anywhere and recovered', settings);
  });

  it('never pass where they are cut at the end of a line', () => {
    const planned = entries.findIndex(({type}) => type === 'run.planned');
    const judged = entries.findIndex((entry) => entry.type === 'phase.started' && entry.data.phase === 'verdict');

    for (let length = planned + 1; length <= judged; length++) {
      const {verdict, status} = judge(entries.slice(0, length));

      expect({length, verdict, status}).not.toMatchObject({verdict: 'pass'});
    }
  });

  it('leave those steps to be undone that were started and are not', () => {
    for (let length = 0; length <= entries.length; length++) {
      const some = entries.slice(0, length);
      const left = new Set<string>();
      for (const {type, data} of some) {
        if (type === 'step.started') left.add(data.step);
        if (type === 'rollback.succeeded' || type === 'rollback.not-needed') left.delete(data.step);
      }

      expect(readPast(some).pending.map(({step}) => step)).toEqual([...left]);
    }
  });
});

function join(some: readonly string[]): Buffer {
  return Buffer.from(some.map((text) => `${text}\n`).join(''));
}
