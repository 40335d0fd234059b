import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {findUnfinished, listRuns} from '../../src/api/list-runs.ts';
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

  describe('the run to go on with', () => {
    const ended = judge(entriesOf('pass'));
    const left = {...ended, exitCode: 4};
    const name = (day: number, integration = 'orders-mcp') => `2026010${day}T000000Z-${integration}-abcd`;

    const found = async (named?: string) => {
      const unfinished = await findUnfinished(folder, named);
      return unfinished.ok ? unfinished.value?.run.run : unfinished.error;
    };
    const plan = (name: string) =>
      writeFile(path.join(folder, 'runs', name, 'journal.ndjson'), '{"type":"run.planned"}\n');

    it('is the newest that did not end, or that left something', async () => {
      await keep(name(1), ended);
      expect(await found()).toBeUndefined();

      await keep(name(2), left);
      expect(await found()).toBe(name(2));

      await keep(name(3, 'billing-mcp'));
      expect(await found()).toBe(name(2));

      await plan(name(3, 'billing-mcp'));
      expect(await found()).toBe(name(3, 'billing-mcp'));
      const all = await findUnfinished(folder, undefined);
      expect(all.ok && all.value?.others.map(({run}) => run)).toEqual([name(2)]);
    });

    it('is one that a newer restoration came after which was refused', async () => {
      await keep(name(1), left);
      await keep(name(2, 'restore-orders-mcp'), {...ended, restores: true, exitCode: 2});

      expect(await found()).toBe(name(1));
    });

    it('is one that could not end its own credential, whatever came after it', async () => {
      await keep(name(1), {...ended, exitCode: 3, left: ['Connection `vault`: revoke it.']});
      await keep(name(2), ended);

      expect(await found()).toBe(name(1));
      expect(await found(name(1))).toBe(name(1));
    });

    it('is none of which a step may still come through: nothing can be resumed there', async () => {
      await keep(name(1), {...ended, exitCode: 143, left: ['Step `revoke`: its call had not come back.']});

      expect(await found()).toBeUndefined();
    });

    it('is one that a newer run came after which did not come to its first step', async () => {
      await keep(name(1), left);
      await keep(name(2), judge(entriesOf('until-baseline')));

      expect(await found()).toBe(name(1));
      expect(await found(name(1))).toBe(name(1));
    });

    it('is none that a newer run of its integration came after', async () => {
      await keep(name(1));
      await keep(name(2), left);
      await keep(name(3, 'restore-orders-mcp'), ended);

      expect(await found()).toBeUndefined();
      expect(await found(name(1))).toContain(`\`${name(3, 'restore-orders-mcp')}\` came after it`);
      expect(await found(name(2))).toContain('offdrill restore FILE');
    });

    it('is the one that is named, though it ended', async () => {
      await keep(name(1), ended);
      await keep(name(2), ended);

      expect(await found('20260101')).toBe(name(1));
      expect(await found('2027')).toContain('Expected a run `2027`');
    });
  });
});
