import {writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {salvageEntries} from '../../src/journal/salvage-entries.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';

describe('journal/salvage-entries', () => {
  it('keeps whatever still reads as an entry', async () => {
    const folder = await scratchFolder('salvage');
    const lines = [
      '{"v":1,"seq":0,"type":"step.started","data":{"step":"a"},"prev":"x"}',
      '{"v":1,"seq":1,"type":"step.sta',
      '7',
      'null',
      '{"type":"no.such.type","data":{}}',
      '{"type":7,"data":{}}',
      '{"type":"toString","data":{}}',
      '{"type":"step.started","data":"a"}',
      '{"type":"step.started","data":null}',
      '{"type":"rollback.succeeded","data":{"step":"a"}}',
    ];
    await writeFile(path.join(folder, 'journal.ndjson'), lines.join('\n'));

    const entries = await salvageEntries(folder);

    expect(entries.map(({type}) => type)).toEqual(['step.started', 'rollback.succeeded']);
  });

  it('finds nothing where there is no journal', async () => {
    expect(await salvageEntries(path.join(tmpdir(), 'no-such-run'))).toEqual([]);
  });
});
