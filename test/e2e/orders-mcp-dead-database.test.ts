import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';

/** The database is stopped when settle begins, and started again at rollback. */
describe('drills/orders-mcp-dead-database.yaml', () => {
  let drillLab: DrillLab;
  let run: DrillRun;
  beforeAll(async () => {
    drillLab = await startDrillLab();
    const acting: Promise<void>[] = [];
    run = await drillLab.run('orders-mcp-dead-database.yaml', '', {
      onLine: (line) => {
        if (line.includes('phase settle')) acting.push(drillLab.lab.stop('postgres'));
        if (line.includes('phase rollback')) acting.push(drillLab.lab.start('postgres'));
      },
    });
    await Promise.all(acting);
  });
  afterAll(() => drillLab?.down());

  it('does not pass: a dead database refuses nobody', () => {
    expect(run.exitCode, run.stderr).toBe(3);
    expect(run.result?.verdict).toBe('inconclusive');
    for (const name of ['db-new-login', 'backends']) expect(run.result?.access[name]?.surface, name).toBe('unproven');
  });

  it('says of what asks the database that it is unproven, and nothing else', () => {
    const {criteria} = run.result ?? {};

    expect(criteria?.['access-removed'].state).toBe('unproven');
    for (const reason of criteria?.['access-removed'].reasons ?? [])
      expect(reason).toMatch(/^`(?:db-new-login|db-held-session|backends)`(?: is unproven)?:/);
    const unmet = Object.entries(criteria ?? {}).filter(([, {state}]) => state === 'unmet');
    expect(unmet).toEqual([]);
  });

  it('leaves staging whole', async () => {
    expect(run.result?.left).toEqual([]);
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });
});
