import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type LeastRun, runWithLeastPolicy} from './least-policy.ts';

describe('drills/orders-mcp-stopped-only.yaml', () => {
  let drillLab: DrillLab;
  let run: LeastRun;
  beforeAll(async () => {
    drillLab = await startDrillLab();
    run = await runWithLeastPolicy(drillLab, 'orders-mcp-stopped-only.yaml');
  });
  afterAll(() => drillLab?.down());

  it('fails, and says of each credential what nobody refused', () => {
    const survives = (name: string, how: string) =>
      expect.stringMatching(new RegExp(`^\`${name}\` survives: .* was still allowed \\(${how}\\) when rollback began`));

    expect(run.exitCode, run.stderr).toBe(1);
    expect(run.result?.verdict).toBe('fail');
    expect(run.result?.criteria['access-removed']).toEqual({
      state: 'unmet',
      reasons: [
        survives('token', '200'),
        survives('login-again', '200'),
        survives('db-new-login', 'ok'),
        survives('db-held-session', 'ok'),
        survives('holdings', 'alive'),
        // Reset where a question was under way when the server stopped.
        expect.stringMatching(
          /^`tool-with-key` is unproven: it was only unreachable \(ECONN(REFUSED|RESET)\): stopped is not revoked\.$/,
        ),
      ],
    });
  });

  it('counts as removed only what carries no credential', () => {
    const surfaces = Object.entries(run.result?.access ?? {}).map(([name, {surface}]) => [name, surface]);

    expect(surfaces).toEqual([
      ['tool', 'dead'],
      ['tool-with-key', 'unproven'],
      ['token', 'survives'],
      ['login-again', 'survives'],
      ['db-new-login', 'survives'],
      ['db-held-session', 'survives'],
      ['holdings', 'survives'],
      ['backends', 'dead'],
    ]);
  });

  it('meets every other criterion, and leaves staging whole', async () => {
    const {'access-removed': _access, ...others} = run.result?.criteria ?? {};

    for (const [name, criterion] of Object.entries(others))
      expect(criterion, name).toEqual({state: 'met', reasons: []});
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('needs exactly the rights that plan --policy prints', () => {
    expect({refused: run.refused, unused: run.unused}).toEqual({refused: [], unused: []});
  });
});
