import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {type BaoApi, createBaoApi} from '../../lab/openbao.ts';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {programFile, runShell} from '../helpers/run-cli.ts';
import {readHoldings} from '../reliability/lab-holdings.ts';
import {missingButForPace, writeShortDrill} from '../reliability/short-drill.ts';
import {useOperator} from './operator.ts';

const place = 'locks/data/offdrill/orders-mcp';

/** Two machines are two state folders here: neither sees the locks on files of the other. */
describe('a lock in Vault', () => {
  let drillLab: DrillLab;
  let drill: string;
  let root: BaoApi;

  beforeAll(async () => {
    drillLab = await startDrillLab({program: programFile('killable')});
    const {lab} = drillLab;
    drill = await writeShortDrill(lab.home);
    const text = await readFile(drill, 'utf8');
    const locking = `, lock: {mount: locks, path: offdrill/orders-mcp}}\n  shop:`;
    await writeFile(drill, text.replace('}\n  shop:', locking));
    root = createBaoApi(lab.addresses.vault, lab.rootToken());
    await root('POST', 'sys/mounts/locks', {type: 'kv', options: {version: '2'}});
    const printed = await drillLab.offdrill(`plan '${drill}' --policy vault`);
    expect(printed.stdout).toContain('# the lock of the run\npath "locks/data/offdrill/orders-mcp"');
    await useOperator(lab, {name: 'locking', rules: printed.stdout, withoutDefault: true});
  });
  afterAll(() => drillLab?.down());
  afterEach(async () => {
    expect(await drillLab.lab.check()).toEqual([]);
    expect((await readHoldings(drillLab.lab)).runTokens).toEqual([]);
  });

  const elsewhere = (args: string) =>
    runShell(`${drillLab.command} --state-dir '${drillLab.lab.home}/elsewhere' ${args} --reporter line`, {
      cwd: drillLab.lab.home,
    });

  it('keeps every other machine out as long as one holds it', async () => {
    const held = {'offdrill-lock': 'held', run: 'run-of-another-machine', host: 'ci-7', 'lifetime-ms': 3_600_000};
    await root('POST', place, {data: held});

    const refused = await drillLab.run(drill, '--reporter line');
    await root('POST', place, {data: {...held, 'offdrill-lock': 'released'}});
    const run = await drillLab.run(drill, '--reporter line');

    expect(refused.exitCode).toBe(2);
    expect(refused.stdout.replace(/\s+/g, ' ')).toContain(
      'Connection `vault`: Expected no other run of this integration, and `run-of-another-machine` on ci-7 holds the lock',
    );
    expect(refused.stderr).not.toContain('phase capture');
    expect(missingButForPace(run.result), run.stdout).toEqual([]);
    const {data} = Object((await root('GET', place)).data);
    expect(data).toMatchObject({'offdrill-lock': 'released', run: path.basename(run.folder ?? '')});
  });

  it('is taken from a machine that is gone, when that is said', async () => {
    const killed = await drillLab.run(drill, '', {env: {OFFDRILL_TEST_KILL: 'after phase.started settle'}});

    const refused = await elsewhere(`restore '${drill}' --yes`);
    const restored = await elsewhere(`restore '${drill}' --yes --gone`);

    expect(killed.result).toBeUndefined();
    expect(refused.exitCode).toBe(2);
    expect(refused.stdout.replace(/\s+/g, ' ')).toContain('`offdrill restore FILE --gone` here');
    expect([0, 3]).toContain(restored.exitCode);
    expect(await drillLab.lab.check()).toEqual([]);
    // Should it come back: it ends its own token, and finds that another run helped.
    expect((await drillLab.offdrill('resume')).exitCode).toBe(1);
  });
});
