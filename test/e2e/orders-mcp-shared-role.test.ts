import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type LeastRun, runWithLeastPolicy} from './least-policy.ts';

describe('drills/orders-mcp-shared-role.yaml', () => {
  let drillLab: DrillLab;
  let run: LeastRun;
  beforeAll(async () => {
    drillLab = await startDrillLab({variant: 'shared'});
    run = await runWithLeastPolicy(drillLab, 'orders-mcp-shared-role.yaml');
  });
  afterAll(() => drillLab?.down());

  it('fails because checkout goes down with it, and names the step', () => {
    const {criteria, dependents} = run.result ?? {};

    expect(run.exitCode, run.stderr).toBe(1);
    expect(criteria?.['dependents-unharmed']).toEqual({
      state: 'unmet',
      reasons: [
        expect.stringMatching(
          /^`checkout` was harmed: .*it was `indeterminate` \(500\) at \d{4}-\S+, after step `end-sessions` began/,
        ),
      ],
    });
    expect(dependents?.checkout?.availability).toBeLessThan(1);
    expect(dependents?.assistant?.availability).toBe(1);
  });

  it('meets every other criterion', () => {
    const {'dependents-unharmed': _dependents, ...others} = run.result?.criteria ?? {};

    for (const [name, criterion] of Object.entries(others))
      expect(criterion, name).toEqual({state: 'met', reasons: []});
    for (const [name, {surface}] of Object.entries(run.result?.access ?? {})) expect(surface, name).toBe('dead');
  });

  it('leaves staging whole', async () => {
    expect(run.result?.left).toEqual([]);
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('needs exactly the rights that plan --policy prints', () => {
    expect({refused: run.refused, unused: run.unused}).toEqual({refused: [], unused: []});
  });
});
