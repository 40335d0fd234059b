import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type LeastRun, runWithLeastPolicy} from './least-policy.ts';

describe('drills/orders-mcp-token-only.yaml', () => {
  let drillLab: DrillLab;
  let run: LeastRun;

  beforeAll(async () => {
    drillLab = await startDrillLab();
    run = await runWithLeastPolicy(drillLab, 'orders-mcp-token-only.yaml');
  });
  afterAll(() => drillLab?.down());

  it('fails because access survives', () => {
    expect(run.result, run.stderr).toMatchObject({verdict: 'fail', status: 'completed', exitCode: 1, left: []});
    expect(run.exitCode).toBe(1);
    expect(run.result?.criteria['access-removed'].state).toBe('unmet');
  });

  it('names the held session and the secret-id', () => {
    const reasons = run.result?.criteria['access-removed'].reasons ?? [];

    expect(reasons).toEqual([
      expect.stringMatching(/^`login-again` survives: `vault\/approle-login` was still allowed/),
      expect.stringMatching(
        /^`db-held-session` survives: `postgres\/query` over the session held since before shutdown/,
      ),
    ]);
    for (const reason of reasons) expect(run.stdout.replace(/\s+/g, ' ')).toContain(reason);
  });

  it('tells what died from what survives', () => {
    const surfaces = Object.entries(run.result?.access ?? {}).map(([name, {surface}]) => [name, surface]);

    expect(surfaces).toEqual([
      ['tool', 'dead'],
      ['token', 'dead'],
      ['login-again', 'survives'],
      ['db-new-login', 'dead'],
      ['db-held-session', 'survives'],
      ['backends', 'dead'],
    ]);
  });

  it('meets every other criterion', () => {
    const {'access-removed': _access, ...others} = run.result?.criteria ?? {};

    for (const [name, criterion] of Object.entries(others))
      expect(criterion, name).toEqual({state: 'met', reasons: []});
  });

  it('leaves staging whole', async () => {
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('needs exactly the rights that plan --policy prints', () => {
    expect({refused: run.refused, unused: run.unused}).toEqual({refused: [], unused: []});
  });
});
