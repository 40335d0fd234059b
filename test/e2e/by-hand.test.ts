import path from 'node:path';
import pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type BaoApi, createBaoApi} from '../../lab/openbao.ts';
import {readState} from '../../lab/state.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import type {RunResult} from '../../src/verdict/result.ts';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';

/** What a person, or bad luck, does to the real systems in the middle of a run must never end in a pass. */
describe('drills/orders-mcp.yaml with somebody at hand', () => {
  let drillLab: DrillLab;
  let root: BaoApi;
  beforeAll(async () => {
    drillLab = await startDrillLab();
    root = createBaoApi(drillLab.lab.addresses.vault, drillLab.lab.rootToken());
  });
  afterAll(() => drillLab?.down());

  /** A run in which `act` is done once a line of the progress says so. */
  async function runWhile(
    line: string,
    act: () => Promise<unknown>,
    onLine: (text: string) => void = () => undefined,
  ): Promise<DrillRun & {result: RunResult}> {
    let acting: Promise<unknown> | undefined;
    const run = await drillLab.run('orders-mcp.yaml', '', {
      onLine: (text) => {
        if (acting === undefined && text.includes(line)) acting = act();
        onLine(text);
      },
    });
    if (acting === undefined) throw new Error(`The run never said \`${line}\`:\n${run.stderr}`);
    await acting;
    await drillLab.lab.start('orders-mcp');
    await expect(drillLab.lab.check(), run.stderr).resolves.toEqual([]);
    if (run.result === undefined) throw new Error(run.stderr);
    return {...run, result: run.result};
  }
  const unmet = ({criteria}: RunResult) =>
    Object.entries(criteria).flatMap(([name, {state}]) => (state === 'unmet' ? [name] : []));

  it('fails when somebody helps the rollback', async () => {
    const {result, exitCode} = await runWhile('phase restored', () =>
      root('POST', 'auth/approle/role/orders-mcp', {token_policies: ['orders-mcp'], token_ttl: '2h'}),
    );

    expect(exitCode).toBe(1);
    // What somebody changes in the middle of it may disturb what comes back, too.
    expect(unmet(result)).toContain('no-manual-recovery');
    expect(result.manualRecovery.events).toMatchObject([
      {path: 'auth/approle/role/orders-mcp', phase: expect.stringMatching(/^(rollback|restored)$/)},
    ]);
  });

  it('fails when a session was opened in between, by a user who came and went', async () => {
    const [host = '', port = ''] = drillLab.lab.addresses.postgres.split(':');
    let held: pg.Client | undefined;

    const {result} = await runWhile('step stop-server', async () => {
      const {data} = Object(await root('GET', 'database/creds/orders-mcp'));
      held = new pg.Client({host, port: Number(port), database: 'shop', user: data.username, password: data.password});
      held.on('error', () => undefined);
      await held.connect();
    });
    const lives = await held?.query('select 1 as one').catch(() => undefined);
    await held?.end();

    expect(lives?.rows).toEqual([{one: 1}]);
    expect(result.verdict).toBe('fail');
    expect(result.criteria.shutdown).toEqual({
      state: 'unmet',
      reasons: expect.arrayContaining([
        expect.stringMatching(/`end-sessions` failed .* session of a role that was dropped/),
      ]),
    });
  });

  it('fails when a dependent is restarted', async () => {
    const {result, exitCode} = await runWhile('phase settle', async () => {
      await drillLab.lab.stop('checkout');
      await drillLab.lab.start('checkout');
    });

    expect(exitCode).toBe(1);
    expect(unmet(result)).toEqual(['dependents-unharmed', 'no-manual-recovery']);
    expect(result.dependents.checkout?.restarts).toBe(1);
    expect(result.manualRecovery).toMatchObject({
      state: 'detected',
      events: [{system: 'checkout', operation: 'restart', effect: 'restart', phase: 'settle'}],
    });
    const moments = result.manualRecovery.timeline.map(({kind, subject}) => `${kind} ${subject}`);
    expect(moments).toEqual(expect.arrayContaining(['down checkout', 'restarted checkout', 'recovered checkout']));
  });

  it('waits anew for the dead to stay dead when Vault stands still in between', async () => {
    const pid = (await readState(drillLab.lab.home))?.processes.openbao?.pid ?? 0;
    const goOn = 'token: denied → unreachable';

    const {result, folder} = await runWhile(
      'phase settle',
      async () => process.kill(pid, 'SIGSTOP'),
      (text) => {
        if (text.includes(goOn)) process.kill(pid, 'SIGCONT');
      },
    );

    const journal = readJournal(path.join(folder ?? '', 'journal.ndjson'));
    if (!journal.ok) throw new Error(journal.error.reason);
    const {entries} = journal.value;
    const back = entries.findLast(
      (entry) => entry.type === 'probe.changed' && entry.data.probe === 'token' && entry.data.from === 'unreachable',
    );
    const rollback = entries.find((entry) => entry.type === 'phase.started' && entry.data.phase === 'rollback');
    expect(result.access.token?.samples.unreachable).toBeGreaterThan(0);
    expect(Date.parse(rollback?.time ?? '') - Date.parse(back?.time ?? '')).toBeGreaterThanOrEqual(5000);
    expect(result.verdict).not.toBe('fail');
    expect(result.left).toEqual([]);
  });
});
