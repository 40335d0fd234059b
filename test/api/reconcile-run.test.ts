import {appendFileSync} from 'node:fs';
import {readdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {planBytes} from '../../src/api/read-drill.ts';
import {type ReconcileOptions, reconcileRun} from '../../src/api/reconcile-run.ts';
import {resumeRun} from '../../src/api/resume-run.ts';
import {Interruption, runDrill} from '../../src/api/run-drill.ts';
import type {DriverCatalog} from '../../src/contract/driver.ts';
import type {Entry} from '../../src/journal/entries.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {createSystemClock} from '../../src/util/system-clock.ts';
import type {RunResult} from '../../src/verdict/result.ts';
import {createFakeDriver, FakeSystem, throwsBefore} from '../fixtures/drivers/fake-system.ts';
import {projectFolder} from '../helpers/run-cli.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';

const never = Number.POSITIVE_INFINITY;

type Ended = {
  readonly system: FakeSystem;
  readonly run: string;
  readonly folder: string;
  readonly result: RunResult;
  again(given?: Partial<ReconcileOptions>): ReturnType<typeof reconcileRun>;
  entries(): readonly Entry[];
  text(): Promise<string>;
};

/** A run on the fake system that has ended, and whose record had not come in. */
async function endRun({audit = 'late-log', lateMs = never} = {}): Promise<Ended> {
  const base = await scratchFolder('reconcile');
  const text = await readFile(path.join(projectFolder, 'test/reliability/fake.yaml'), 'utf8');
  const file = path.join(base, 'drill.yaml');
  await writeFile(file, text.replace('fake/log', `fake/${audit}`));
  const system = new FakeSystem();
  system.lateMs = lateMs;
  const driver = createFakeDriver(system);
  const catalog: DriverCatalog = {names: ['fake'], load: async (name) => (name === 'fake' ? driver : undefined)};
  const shared = {env: {}, stateDir: path.join(base, 'state'), clock: createSystemClock()};
  const planned = await planBytes(await readFile(file), {file, vars: {}, env: {}, catalog});
  if (!planned.ok) throw new Error(planned.error.render({color: false}));
  const {plan} = planned.value;
  const ended = await runDrill({...shared, plan, interruption: new Interruption(), maxDurationMs: 20_000});
  if (!ended.ok) throw new Error(ended.error.map(({message}) => message).join('\n'));
  const {folder, result} = ended.value;
  const {run} = result;
  system.calls.length = 0;
  return {
    system,
    run,
    folder,
    result,
    again: (given = {}) =>
      reconcileRun({...shared, run, catalog, interruption: new Interruption(), waitForAuditMs: 0, ...given}),
    entries: () => {
      const read = readJournal(path.join(folder, 'journal.ndjson'));
      if (!read.ok) throw new Error(read.error.reason);
      return read.value.entries;
    },
    text: () => readFile(path.join(folder, 'journal.ndjson'), 'utf8'),
  };
}

describe('api/reconcile-run', () => {
  it('passes a run whose record has come in, on the same journal, and keeps what was said before', async () => {
    const {system, run, folder, result, again, entries} = await endRun();
    const before = entries().length;
    system.lateMs = 0;

    const reconciled = await again();

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3});
    expect(reconciled).toMatchObject({ok: true, value: {problems: [], finished: {result: {verdict: 'pass', run}}}});
    expect(
      entries()
        .slice(before)
        .map(({type}) => type),
    ).toEqual(['run.reconciled', 'guard.identified', 'audit.read', 'scan.finished', 'phase.started', 'run.finished']);
    const kept = await Promise.all(
      ['result.1.json', 'result.json'].map(async (name) => JSON.parse(await readFile(path.join(folder, name), 'utf8'))),
    );
    expect(kept).toMatchObject([
      result,
      {verdict: 'pass', finishedAt: result.finishedAt, reconciledAt: expect.any(String)},
    ]);
    expect(await readFile(path.join(folder, 'report.txt'), 'utf8')).toContain(
      'reconciled   audit records that came in late',
    );
  });

  it('changes nothing, makes no mark and takes no credential', async () => {
    const {system, again} = await endRun();
    system.lateMs = 0;

    await again();

    expect(system.calls).toEqual(['identify', 'server time', 'read late', 'close']);
  });

  it('fails a run in whose record somebody helped', async () => {
    const {system, again} = await endRun();
    system.lateMs = 0;
    system.events.push({
      time: '2026-01-01T00:00:00.000Z',
      operation: 'update',
      path: 'credentials/by-hand',
      actor: {kind: 'somebody'},
      effect: 'change',
      phase: 'rollback',
    });

    const reconciled = await again();

    expect(reconciled).toMatchObject({
      ok: true,
      value: {finished: {result: {verdict: 'fail', exitCode: 1, manualRecovery: {state: 'detected'}}}},
    });
  });

  it('writes nothing where the record tells no more than it did', async () => {
    const {again, text} = await endRun();
    const before = await text();

    const reconciled = await again();

    expect(reconciled).toMatchObject({ok: false, error: {isUnchanged: true, problems: [{code: 'unchanged'}]}});
    expect(await text()).toBe(before);
  });

  it('asks nobody once the record is complete', async () => {
    const {system, again} = await endRun();
    system.lateMs = 0;
    await again();
    system.calls.length = 0;

    const reconciled = await again();

    expect(reconciled).toMatchObject({ok: false, error: {isUnchanged: true, problems: [{code: 'unchanged'}]}});
    expect(system.calls).toEqual([]);
  });

  it('says what did not answer, and writes nothing', async () => {
    const {system, again, text} = await endRun();
    const before = await text();
    system.script('read late', throwsBefore(new Error('Expected an answer, got none.')));

    const reconciled = await again();

    const message = 'Audit source of `fake`: Expected an answer, got none.';
    expect(reconciled).toMatchObject({ok: false, error: {isUnchanged: true, problems: [{message}]}});
    expect(await text()).toBe(before);
  });

  it('refuses a server that is another one than the guard expects, and reads nothing there', async () => {
    const {system, again, text} = await endRun();
    const before = await text();
    system.script('identify', () => ({cluster: 'another'}));

    const reconciled = await again();

    expect(reconciled).toMatchObject({
      ok: false,
      error: {isUnchanged: false, exitCode: 2, problems: [{code: 'guard-identity'}]},
    });
    expect(system.count('read')).toBe(0);
    expect(await text()).toBe(before);
  });

  it('writes nothing where a person stops it while it waits', async () => {
    const {again, text} = await endRun();
    const before = await text();
    const interruption = new Interruption();

    const reconciled = await again({
      interruption,
      waitForAuditMs: 600_000,
      onEvent: ({type}) => {
        if (type === 'audit.awaited') interruption.interrupt('SIGINT');
      },
    });

    expect(reconciled).toMatchObject({ok: false, error: {isUnchanged: false, exitCode: 130}});
    expect(await text()).toBe(before);
  });

  it('refuses a run that is signed: its evidence is of these very lines', async () => {
    const {system, folder, again, text} = await endRun();
    system.lateMs = 0;
    const before = await text();
    await writeFile(path.join(folder, 'evidence.intoto.jsonl'), '{}\n');

    const reconciled = await again();

    expect(reconciled).toMatchObject({ok: false, error: {exitCode: 2, problems: [{code: 'signed'}]}});
    expect(system.calls).toEqual([]);
    expect(await text()).toBe(before);
  });

  it('writes the result once more where that does not say what the journal says', async () => {
    const {system, folder, result, again, text} = await endRun();
    system.lateMs = 0;
    await again();
    const before = await text();
    const file = path.join(folder, 'result.json');

    for (const stale of [JSON.stringify(result), 'no JSON', undefined]) {
      if (stale === undefined) await rm(file);
      else await writeFile(file, stale);
      expect(await again()).toMatchObject({ok: true, value: {finished: {result: {verdict: 'pass'}}}});
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({verdict: 'pass', exitCode: 0});
    }
    expect(await text()).toBe(before);
  });

  it('refuses a run of which no record comes in late', async () => {
    const {again} = await endRun({audit: 'log', lateMs: 0});

    expect(await again()).toMatchObject({ok: false, error: {exitCode: 2, problems: [{code: 'nothing-late'}]}});
  });

  it('refuses a run that has not ended, and one whose journal is damaged', async () => {
    const {folder, again, text} = await endRun();
    const journal = path.join(folder, 'journal.ndjson');
    const lines = (await text()).trimEnd().split('\n');

    await writeFile(journal, `${lines.slice(0, -1).join('\n')}\n`);
    expect(await again()).toMatchObject({ok: false, error: {exitCode: 2, problems: [{code: 'not-ended'}]}});

    await writeFile(journal, `${lines.toSpliced(3, 1).join('\n')}\n`);
    expect(await again()).toMatchObject({ok: false, error: {exitCode: 2, problems: [{code: 'journal-damaged'}]}});
  });

  it('says that the journal could not be written, and keeps the result that there was', async () => {
    const {system, folder, result, again, text} = await endRun();
    system.lateMs = 0;
    const before = await text();

    const reconciled = await again({
      onEvent: ({type}) => {
        if (type === 'audit.read') appendFileSync(path.join(folder, 'journal.ndjson'), 'of somebody else\n');
      },
    });

    expect(reconciled).toMatchObject({ok: false, error: {isUnchanged: false, problems: [{code: 'journal-damaged'}]}});
    expect(await text()).toBe(`${before}of somebody else\n`);
    expect(JSON.parse(await readFile(path.join(folder, 'result.json'), 'utf8'))).toEqual(result);
  });

  it('does it once more as a whole where it was cut off before it had searched for secrets', async () => {
    const {system, folder, again, text, entries} = await endRun();
    system.lateMs = 0;
    await again();
    const lines = (await text()).trimEnd().split('\n');
    await writeFile(path.join(folder, 'journal.ndjson'), `${lines.slice(0, -3).join('\n')}\n`);

    const reconciled = await again();

    expect(entries().filter(({type}) => type === 'run.reconciled')).toHaveLength(2);
    expect(reconciled).toMatchObject({ok: true, value: {finished: {result: {verdict: 'pass'}}}});
  });

  it('says openly that a torn line was kept aside, and passes nothing then', async () => {
    const {system, folder, again} = await endRun();
    system.lateMs = 0;
    appendFileSync(path.join(folder, 'journal.ndjson'), 'torn');

    const reconciled = await again();

    expect(reconciled).toMatchObject({
      ok: true,
      value: {finished: {result: {verdict: 'inconclusive', criteria: {evidence: {state: 'unproven'}}}}},
    });
    expect(await readFile(path.join(folder, 'journal.torn'), 'utf8')).toBe('torn');
  });

  it('cuts nothing off where nothing is written', async () => {
    const {folder, again, text} = await endRun();
    appendFileSync(path.join(folder, 'journal.ndjson'), 'torn');
    const before = await text();

    expect(await again()).toMatchObject({ok: false, error: {isUnchanged: true}});
    expect(await text()).toBe(before);
  });

  it('reads nothing where the clock of this machine is not that of the system', async () => {
    const {system, again, text} = await endRun();
    system.lateMs = 0;
    const before = await text();
    system.script('server time', () => Date.now() - 15 * 60_000);

    expect(await again()).toMatchObject({ok: false, error: {isUnchanged: true, problems: [{code: 'clock-skew'}]}});
    expect(system.count('read')).toBe(0);
    expect(await text()).toBe(before);
  });

  it('goes on where it was cut off while it wrote, and leaves nothing to resume', async () => {
    const {system, run, folder, result, again, text, entries} = await endRun();
    system.lateMs = 0;
    await again();
    const lines = (await text()).trimEnd().split('\n');
    const cutOff = `${lines.slice(0, -3).join('\n')}\n`;
    await writeFile(path.join(folder, 'journal.ndjson'), cutOff);
    await writeFile(path.join(folder, 'result.json'), JSON.stringify(result));
    system.calls.length = 0;

    const resumed = await resumeRun({
      run,
      stateDir: path.dirname(path.dirname(folder)),
      env: {},
      clock: createSystemClock(),
      interruption: new Interruption(),
    });

    expect(resumed).toMatchObject({ok: true, value: {result: {verdict: 'inconclusive'}}});
    expect(system.calls).toEqual([]);
    expect(entries().at(-1)?.type).toBe('audit.read');
    await rm(path.join(folder, 'journal.ndjson'));
    await writeFile(path.join(folder, 'journal.ndjson'), `${lines.slice(0, -4).join('\n')}\n`);
    expect(await again()).toMatchObject({ok: true, value: {finished: {result: {verdict: 'pass'}}}});
    expect((await readdir(folder)).filter((name) => name.startsWith('result.'))).toHaveLength(3);
  });
});
