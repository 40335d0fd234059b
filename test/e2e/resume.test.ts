import {mkdirSync, rmdirSync, rmSync} from 'node:fs';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';
import {programFile} from '../helpers/run-cli.ts';
import {readHoldings} from '../reliability/lab-holdings.ts';
import {missingButForPace, writeShortDrill} from '../reliability/short-drill.ts';

/** On a machine that is slow a dependent may have been found so, which fails. */
const neverPass = [1, 3];

describe('resume and restore', () => {
  let drillLab: DrillLab;
  let drill: string;

  beforeAll(async () => {
    drillLab = await startDrillLab({program: programFile('killable')});
    drill = await writeShortDrill(drillLab.lab.home);
  });
  afterAll(() => drillLab?.down());
  afterEach(async () => {
    expect(await drillLab.lab.check()).toEqual([]);
  });

  const kill = async (at: string): Promise<DrillRun> => {
    const killed = await drillLab.run(drill, '--reporter line', {env: {OFFDRILL_TEST_KILL: at}});
    if (at.startsWith('throw')) return killed;
    expect(killed.exitCode, `the run ended before it was killed ${at}:\n${killed.stderr}`).toBeNull();
    return killed;
  };
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
    expect(neverPass).toContain((await drillLab.offdrill('resume')).exitCode);
  });

  it('brings back what a killed run changed, and finds nobody else in its record', async () => {
    const killed = await kill('after phase.started settle');

    const report = await drillLab.offdrill('report');
    const resumed = await drillLab.offdrill('resume --json');

    expect(report.stderr).toContain('has not ended');
    expect(report.stdout).toContain('2. Step `stop-server`: do what `command/run` does, with');
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

    expect(neverPass).toContain(first.exitCode);
    expect(second.exitCode).toBe(0);
    expect(second.stderr).toContain('is unfinished');
    expect((await readHoldings(drillLab.lab)).secretIds).toEqual(holdings.secretIds);
  });

  it('ends the token of a run that was killed before it changed anything', async () => {
    await kill('after connection.began');
    expect((await readHoldings(drillLab.lab)).runTokens).toHaveLength(1);

    const resumed = await drillLab.offdrill('resume');

    expect(neverPass).toContain(resumed.exitCode);
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
    expect(missingButForPace((await drillLab.run(drill)).result)).toEqual([]);
  });

  it('keeps the next run out as long as something is left, unless it is said to be done by hand', async () => {
    const delivered = path.join(drillLab.lab.data, 'orders-mcp', 'secret-id');
    const failed = await drillLab.run(drill, '--reporter line', {
      onLine: (line) => {
        if (!line.includes('phase settle')) return;
        rmSync(delivered);
        mkdirSync(delivered);
      },
    });
    const name = path.basename(failed.folder ?? '');

    const next = await drillLab.run(drill);
    // The folder is still in the way, so that this changes nothing: it does not get past its baseline.
    const byForce = await drillLab.run(drill, '--gone');
    const after = await drillLab.run(drill);
    rmdirSync(delivered);
    const resumed = await drillLab.offdrill('resume');

    expect(failed.exitCode).toBe(4);
    for (const {exitCode, stderr} of [next, after]) {
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`\`offdrill resume ${name}\` tries again`);
    }
    expect([2, 3]).toContain(byForce.exitCode);
    expect(resumed.stderr).toContain(`Resuming ${name}`);
    expect(neverPass).toContain(resumed.exitCode);
    expect(missingButForPace((await drillLab.run(drill)).result)).toEqual([]);
  });

  it('refuses where the environment leads elsewhere, and goes on once it does not', async () => {
    await kill('after phase.started settle');
    const before = await readHoldings(drillLab.lab);

    const refused = await drillLab.offdrill('resume', {env: {VAULT_ADDR: 'https://vault.example.com:8200'}});

    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain('Expected `VAULT_ADDR` of the environment');
    expect(refused.stderr).toMatch(/Left to do by hand[\s\S]*1\. Step `destroy-secret-ids`: /);
    expect(await readHoldings(drillLab.lab)).toEqual(before);
    expect(neverPass).toContain((await drillLab.offdrill('resume')).exitCode);
  });

  it('says what is left where the resumption is given up', async () => {
    await kill('after phase.started settle');

    const givenUp = await drillLab.offdrill('resume --reporter line', {
      onLine: (line, pid) => {
        if (!line.startsWith('Resuming ')) return;
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
      },
    });

    expect(givenUp.exitCode).toBe(4);
    expect(givenUp.stderr).toMatch(
      /Left to do by hand[\s\S]*1\. Step `destroy-secret-ids`: [\s\S]*2\. Step `stop-server`: /,
    );
    expect([1, 3, 130, 143]).toContain((await drillLab.offdrill('resume')).exitCode);
  });

  it('takes no journal for whole that was emptied', async () => {
    const killed = await kill('after phase.started settle');
    await writeFile(path.join(killed.folder ?? '', 'journal.ndjson'), '');

    const resumed = await drillLab.offdrill('resume');
    const named = await drillLab.offdrill(`resume ${path.basename(killed.folder ?? '')}`);

    for (const {exitCode} of [resumed, named]) expect(exitCode).toBe(4);
    expect(named.stderr).toContain('entries are missing. Nothing was touched.');
    expect(named.stderr).toMatch(/1\. Step `destroy-secret-ids`: [\s\S]*2\. Step `stop-server`: /);
    expect((await restore('--gone')).exitCode).toBe(0);
  });

  it('gives the place back that a refused restoration took, so that the run can be resumed', async () => {
    const killed = await kill('after phase.started settle');
    const text = await readFile(drill, 'utf8');
    const wrong = path.join(drillLab.lab.home, 'wrong.yaml');
    await writeFile(wrong, text.replace(/(?<=\{vault: .*, cluster: )offdrill-lab/, 'offdrill-production'));

    const refused = await drillLab.offdrill(`restore '${wrong}' --yes --gone`);
    const next = await drillLab.run(drill);
    const resumed = await drillLab.offdrill('resume');

    expect([refused.exitCode, next.exitCode]).toEqual([2, 2]);
    expect(neverPass).toContain(resumed.exitCode);
    expect(next.stderr).toContain(`\`offdrill resume ${path.basename(killed.folder ?? '')}\``);
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

  it('brings everything back after an error that nobody caught, and does not tell its words', async () => {
    const {exitCode, result, stdout, stderr} = await kill('throw phase.started settle');

    expect(neverPass).toContain(exitCode);
    expect(result).toMatchObject({status: 'interrupted', left: []});
    expect(stderr).toContain('Expected every error to be caught, and TypeError was not: no new steps; rolling back.');
    expect(stdout + stderr).not.toContain('hunter22');
    expect(missingButForPace((await drillLab.run(drill)).result)).toEqual([]);
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
