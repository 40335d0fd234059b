import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {listRuns} from '../../src/api/list-runs.ts';
import {judge} from '../../src/verdict/judge.ts';
import {entriesOf} from '../verdict/journals.ts';

describe('api/list-runs', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-list-'));
  });
  afterEach(() => rm(folder, {recursive: true, force: true}));

  async function keep(name: string, result?: unknown): Promise<void> {
    await mkdir(path.join(folder, 'runs', name), {recursive: true});
    if (result !== undefined) await writeFile(path.join(folder, 'runs', name, 'result.json'), JSON.stringify(result));
  }

  it('finds none where nothing was recorded', async () => {
    expect(await listRuns(folder)).toEqual([]);
    expect(await listRuns(path.join(folder, 'no-such-folder'))).toEqual([]);
  });

  it('lists the oldest run first, with what each came to', async () => {
    await keep('20260102T000000Z-b-0001', judge(entriesOf('token-only')));
    await keep('20260101T000000Z-a-0001', judge(entriesOf('pass')));

    const runs = await listRuns(folder);

    expect(runs.map(({run, result}) => [run, result?.verdict])).toEqual([
      ['20260101T000000Z-a-0001', 'pass'],
      ['20260102T000000Z-b-0001', 'fail'],
    ]);
  });

  it('takes a run without a result, or with one that is none, for unfinished', async () => {
    await keep('20260101T000000Z-a-0001');
    await keep('20260101T000000Z-a-0002', {verdict: 'pass'});

    expect((await listRuns(folder)).map(({result}) => result)).toEqual([undefined, undefined]);
  });
});
