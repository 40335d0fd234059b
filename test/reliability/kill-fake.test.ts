import path from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import {listRuns} from '../../src/api/list-runs.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {recordReliability} from '../helpers/reliability.ts';
import {findLeftovers, runFake, withFolder} from './fake-kills.ts';
import {choose, inParallel} from './selection.ts';

/** How many entries a run of this drill writes, and what they are. */
async function typesOfWholeRun(): Promise<readonly string[]> {
  return withFolder(async (folder) => {
    const run = await runFake('run', folder);
    expect(run.told).toEqual({verdict: 'pass', exitCode: 0, left: []});
    return typesIn(folder);
  });
}

/** How many entries a resumption writes after such a kill, and what they are. */
async function typesOfResumption(kill: string): Promise<readonly string[]> {
  return withFolder(async (folder) => {
    expect((await runFake('run', folder, {kill})).killed).toBe(true);
    const before = (await typesIn(folder)).length;
    await runFake('resume', folder);
    return (await typesIn(folder)).slice(before);
  });
}

async function typesOfRestoration(kill: string): Promise<readonly string[]> {
  return withFolder(async (folder) => {
    expect((await runFake('run', folder, {kill})).killed).toBe(true);
    await runFake('restore', folder, {state: 'elsewhere'});
    return typesIn(folder, 'elsewhere');
  });
}

async function typesIn(folder: string, state = 'state'): Promise<readonly string[]> {
  const [newest] = (await listRuns(path.join(folder, state))).toReversed();
  const read = readJournal(path.join(newest?.folder ?? '', 'journal.ndjson'));
  if (!read.ok) throw new Error(read.error.reason);
  return read.value.entries.map(({type}) => type);
}

describe('a run that is killed, on a fake system', {timeout: 3_600_000}, () => {
  let types: readonly string[];

  beforeAll(async () => {
    types = await typesOfWholeRun();
  }, 60_000);

  it('is brought back from every entry of its journal', async () => {
    const all = types.flatMap((_type, at) => [`before ${at}`, `after ${at}`]);
    const points = choose(all, 10);

    const wrong = await inParallel(points, (point) =>
      withFolder(async (folder) => {
        const run = await runFake('run', folder, {kill: point});
        if (!run.killed) return [`${point}: it was not killed`];
        const resumed = await runFake('resume', folder);
        const leftovers = await findLeftovers(folder, resumed);
        const again = await runFake('resume', folder);
        return [...leftovers, ...(await findLeftovers(folder, again))].map((one) => `${point}: ${one}`);
      }),
    );

    recordReliability('kill', {
      name: 'fake system, each entry',
      points: points.length,
      of: all.length,
      restored: points.length - wrong.filter((one) => one.length > 0).length,
    });
    expect(wrong.flat()).toEqual([]);
  });

  it('is brought back when its resumption is killed too', async () => {
    const firsts = [
      'before step.inspected revoke',
      'after rollback.started revoke',
      'before rollback.inspected revoke',
      'after phase.started settle',
    ];
    const all = (
      await inParallel(firsts, async (first) =>
        (
          await typesOfResumption(first)
        ).flatMap((_type, at) => [[first, `before ${at}`] as const, [first, `after ${at}`] as const]),
      )
    ).flat();
    const points = choose(all, 6);

    const wrong = await inParallel(points, ([first, second]) =>
      withFolder(async (folder) => {
        expect((await runFake('run', folder, {kill: first})).killed).toBe(true);
        const {killed} = await runFake('resume', folder, {kill: second});
        if (!killed) return [`${first}, then ${second}: it was not killed`];
        const resumed = await runFake('resume', folder);
        return (await findLeftovers(folder, resumed)).map((one) => `${first}, then ${second}: ${one}`);
      }),
    );

    recordReliability('kill', {
      name: 'fake system, the resumption too',
      points: points.length,
      of: all.length,
      restored: points.length - wrong.filter((one) => one.length > 0).length,
    });
    expect(wrong.flat()).toEqual([]);
  });

  it('is brought back when its restoration is killed too', async () => {
    const first = 'after phase.started settle';
    const elsewhere = {state: 'elsewhere'};
    const all = (await typesOfRestoration(first)).flatMap((_type, at) => [`before ${at}`, `after ${at}`]);
    const points = choose(all, 6);

    const wrong = await inParallel(points, (point) =>
      withFolder(async (folder) => {
        expect((await runFake('run', folder, {kill: first})).killed).toBe(true);
        const {killed} = await runFake('restore', folder, {kill: point, ...elsewhere});
        if (!killed) return [`${point}: it was not killed`];
        // What was cut off before it had a plan had done nothing, and leaves no lock: it is done anew.
        const resumed = await runFake('resume', folder, elsewhere);
        const last = resumed.told?.exitCode === undefined ? await runFake('restore', folder, elsewhere) : resumed;
        return (await findLeftovers(folder, last, {...elsewhere, tokens: 1})).map((one) => `${point}: ${one}`);
      }),
    );

    recordReliability('kill', {
      name: 'fake system, a restoration',
      points: points.length,
      of: all.length,
      restored: points.length - wrong.filter((one) => one.length > 0).length,
    });
    expect(wrong.flat()).toEqual([]);
  });

  // The token of the lost run ends by itself: nothing tells it from one of a run that goes on elsewhere.
  it('is brought back without its journal by a restoration', async () => {
    const points = [
      'before step.inspected stop-server',
      'before step.inspected revoke',
      'after phase.started settle',
      'before rollback.inspected revoke',
    ];

    const wrong = await inParallel(points, (point) =>
      withFolder(async (folder) => {
        expect((await runFake('run', folder, {kill: point})).killed).toBe(true);
        const elsewhere = {state: 'elsewhere'};
        const restored = await runFake('restore', folder, elsewhere);
        const twice = await runFake('restore', folder, elsewhere);
        const codes = [restored.told?.exitCode, twice.told?.exitCode];
        return [
          ...(await findLeftovers(folder, twice, {...elsewhere, tokens: 1})),
          ...(codes.every((code) => code === 0) ? [] : [`exit codes ${codes.join(', ')}`]),
        ].map((one) => `${point}: ${one}`);
      }),
    );

    expect(wrong.flat()).toEqual([]);
  });
});
