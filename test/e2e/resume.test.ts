import {mkdirSync, rmdirSync, rmSync} from 'node:fs';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';
import {readHoldings} from '../reliability/lab-holdings.ts';
import {writeShortDrill} from '../reliability/short-drill.ts';

const killable = path.join(import.meta.dirname, '..', 'reliability', 'killable-main.ts');

describe('resume and restore', () => {
  let drillLab: DrillLab;
  let drill: string;

  beforeAll(async () => {
    drillLab = await startDrillLab({program: killable});
    drill = await writeShortDrill(drillLab.lab.home);
  });
  afterAll(() => drillLab?.down());
  afterEach(async () => {
    expect(await drillLab.lab.check()).toEqual([]);
  });

  const kill = (at: string): Promise<DrillRun> =>
    drillLab.run(drill, '--reporter line', {env: {OFFDRILL_TEST_KILL: at}});
  const restore = (args = '') => drillLab.offdrill(`restore '${drill}' --yes --reporter line ${args}`);

  it('refuses another run and names the way on', async () => {
    const killed = await kill('before step.inspected revoke-leases');
    const name = path.basename(killed.folder ?? '');

    const again = await drillLab.run(drill);
    const restored = await restore();

    for (const {exitCode, stderr} of [again, restored]) {
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`\`offdrill resume ${name}\` brings back what it changed.`);
    }
    expect(again.folder).toBeUndefined();
    expect((await drillLab.offdrill('resume')).exitCode).toBe(3);
  });

  it('brings back what a killed run changed, and finds nobody else in its record', async () => {
    const killed = await kill('after phase.started settle');

    const report = await drillLab.offdrill('report');
    const resumed = await drillLab.offdrill('resume --json');

    expect(report.stderr).toContain('has not ended');
    expect(report.stdout).toContain('Step `stop-server`: its rollback was not begun.');
    const result = JSON.parse(resumed.stdout);
    expect(result).toMatchObject({status: 'interrupted', verdict: 'inconclusive', exitCode: 3, left: []});
    expect(result.manualRecovery.events).toEqual([]);
    expect(result.criteria.restored).toEqual({state: 'met', reasons: []});
    expect(resumed.exitCode).toBe(3);
    expect(await readFile(path.join(killed.folder ?? '', 'result.json'), 'utf8')).toBe(resumed.stdout);
    expect((await readHoldings(drillLab.lab)).runTokens).toEqual([]);
  });

  it('has nothing to do a second time', async () => {
    await kill('before rollback.inspected stop-server');
    const first = await drillLab.offdrill('resume');
    const holdings = await readHoldings(drillLab.lab);

    const second = await drillLab.offdrill('resume');

    expect([first.exitCode, second.exitCode]).toEqual([3, 0]);
    expect(second.stderr).toContain('is unfinished');
    expect((await readHoldings(drillLab.lab)).secretIds).toEqual(holdings.secretIds);
  });

  it('ends the token of a run that was killed before it changed anything', async () => {
    await kill('after connection.began');
    expect((await readHoldings(drillLab.lab)).runTokens).toHaveLength(1);

    const resumed = await drillLab.offdrill('resume');

    expect(resumed.exitCode).toBe(3);
    expect((await readHoldings(drillLab.lab)).runTokens).toEqual([]);
  });

  it('tries again what could not be rolled back, once what was in the way is gone', async () => {
    const delivered = path.join(drillLab.lab.data, 'orders-mcp', 'secret-id');
    const failed = await drillLab.run(drill, '--reporter line', {
      onLine: (line) => {
        if (!line.includes('phase settle')) return;
        rmSync(delivered);
        mkdirSync(delivered);
      },
    });
    expect(failed.exitCode).toBe(4);
    expect(failed.stderr).toMatch(/Left to do by hand[\s\S]*1\. Step `destroy-secret-ids`: /);
    rmdirSync(delivered);

    const resumed = await drillLab.offdrill('resume --json');

    expect(JSON.parse(resumed.stdout)).toMatchObject({left: [], criteria: {restored: {state: 'met'}}});
    expect((await drillLab.run(drill)).exitCode).toBe(0);
  });

  it('touches nothing where the journal is damaged, and says what to do by hand', async () => {
    const killed = await kill('after phase.started settle');
    const journal = path.join(killed.folder ?? '', 'journal.ndjson');
    const damaged = (await readFile(journal, 'utf8')).replace('"step":"stop-server"', '"step":"stop-servex"');
    await writeFile(journal, damaged);
    const before = await readHoldings(drillLab.lab);

    const resumed = await drillLab.offdrill('resume');

    expect(resumed.exitCode).toBe(4);
    expect(resumed.stderr).toMatch(/line \d+ is not/);
    expect(resumed.stderr).toMatch(
      /1\. Step `destroy-secret-ids`: [\s\S]*2\. Step `stop-server`: [\s\S]*3\. Connection `vault`: [\s\S]* token revoke -accessor /,
    );
    expect(await readFile(journal, 'utf8')).toBe(damaged);
    expect(await readHoldings(drillLab.lab)).toEqual(before);
    expect((await restore('--gone')).exitCode).toBe(0);
  });

  it('restores a staging from which everything was taken, without its journal', async () => {
    await kill('after phase.started settle');

    const restored = await restore(`--gone --state-dir '${drillLab.stateDir}-elsewhere'`);
    const twice = await restore(`--state-dir '${drillLab.stateDir}-elsewhere'`);

    expect([restored.exitCode, twice.exitCode]).toEqual([0, 0]);
    expect(restored.stdout).toContain('RESTORED  everything is back');
    expect((await readHoldings(drillLab.lab)).secretIds).toHaveLength(1);
    expect((await restore('--gone')).exitCode).toBe(0);
  });

  it('leaves a staging that is whole as it is', async () => {
    const before = await readHoldings(drillLab.lab);

    const codes = [(await restore()).exitCode, (await restore()).exitCode];

    expect(codes).toEqual([0, 0]);
    const after = await readHoldings(drillLab.lab);
    expect({...after, tokens: []}).toEqual({...before, tokens: [], leases: after.leases});
  });
});
