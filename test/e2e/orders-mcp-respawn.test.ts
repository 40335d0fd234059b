import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type LeastRun, runWithLeastPolicy} from './least-policy.ts';

describe('drills/orders-mcp-respawn.yaml', () => {
  let drillLab: DrillLab;
  let run: LeastRun;
  beforeAll(async () => {
    drillLab = await startDrillLab({variant: 'respawn'});
    run = await runWithLeastPolicy(drillLab, 'orders-mcp-respawn.yaml');
  });
  afterAll(() => drillLab?.down());

  it('fails because the server came back to life, and says when', () => {
    const tool = run.result?.access.tool;

    expect(run.exitCode, run.stderr).toBe(1);
    expect(run.result).toMatchObject({verdict: 'fail', status: 'completed', left: []});
    expect(tool).toMatchObject({
      surface: 'survives',
      resurrectedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      flips: [{allowedAt: tool?.resurrectedAt, stayedDead: false}],
    });
    expect(run.result?.criteria['access-removed'].state).toBe('unmet');
    expect(run.result?.criteria['access-removed'].reasons.join('\n')).toMatch(
      new RegExp(
        `^\`tool\` was dead and came back to life at ${tool?.resurrectedAt}, \\S+ after its death, during step \`end-sessions\` or after it, and stayed alive to the end of settle`,
        'm',
      ),
    );
  });

  it('names the login that the steps forgot', () => {
    const reasons = run.result?.criteria['access-removed'].reasons.join('\n');

    expect(reasons).toContain('orders-mcp-standby');
  });

  it('sees that what was taken away is there again', () => {
    const reasons = run.result?.criteria.shutdown.reasons.join('\n') ?? '';

    for (const step of ['stop-server', 'revoke-leases', 'end-sessions']) expect(reasons).toContain(`\`${step}\``);
  });

  it('holds the supervisor’s doing in its ledger, and can not tell it from a person’s', () => {
    const {state, events, declared, manualSteps, witnessed, refused} = run.result?.manualRecovery ?? {};

    expect({state, declared, manualSteps, witnessed, refused}).toEqual({
      ...{state: 'detected', declared: [], manualSteps: [], witnessed: [], refused: []},
    });
    expect(events).toMatchObject([
      {
        operation: 'restart',
        system: 'tool',
        path: 'result._meta.startedAt',
        phase: expect.stringMatching(/^(shutdown|settle)$/),
        knownBy: expect.stringContaining('not who started it'),
      },
    ]);
  });

  it('leaves staging whole', async () => {
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('needs exactly the rights that plan --policy prints', () => {
    expect({refused: run.refused, unused: run.unused}).toEqual({refused: [], unused: []});
  });
});
