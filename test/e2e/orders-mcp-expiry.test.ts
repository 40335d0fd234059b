import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type LeastRun, runWithLeastPolicy} from './least-policy.ts';

describe('drills/orders-mcp-expiry.yaml', () => {
  let drillLab: DrillLab;
  let run: LeastRun;
  beforeAll(async () => {
    drillLab = await startDrillLab({variant: 'expiry'});
    run = await runWithLeastPolicy(drillLab, 'orders-mcp-expiry.yaml');
  });
  afterAll(() => drillLab?.down());

  it('passes, since everything ended by itself within the limit', () => {
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.result).toMatchObject({verdict: 'pass', left: [], troubles: []});
    for (const [name, {surface}] of Object.entries(run.result?.access ?? {})) expect(surface, name).toBe('dead');
  });

  it('shows what drains and for how long, live and in the report', () => {
    const draining = run.result?.draining ?? [];

    expect(draining.length).toBeGreaterThanOrEqual(2);
    for (const {operation, what, from, until} of draining) {
      expect(operation).toBe('vault/wait-for-expiry');
      expect(run.stderr).toContain(`${what}: ends by itself in`);
      expect(run.stdout.replace(/\s+/g, '')).toContain(what.replace(/\s+/g, ''));
      expect(Date.parse(until)).toBeGreaterThan(Date.parse(from));
      expect(Date.parse(until) - Date.parse(from)).toBeLessThanOrEqual(16_000);
    }
  });

  it('revokes no token and no lease', () => {
    const uses = run.result?.steps.map((step) => step.uses);

    expect(uses).toEqual([
      'command/run',
      'vault/destroy-secret-ids',
      'vault/wait-for-expiry',
      'vault/wait-for-expiry',
      'postgres/end-sessions',
    ]);
  });

  it('leaves staging whole', async () => {
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('needs exactly the rights that plan --policy prints', () => {
    expect({refused: run.refused, unused: run.unused}).toEqual({refused: [], unused: []});
  });
});
