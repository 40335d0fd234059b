import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type LeastRun, runWithLeastPolicy} from './least-policy.ts';

describe('drills/orders-mcp-batch.yaml', () => {
  let drillLab: DrillLab;
  let run: LeastRun;
  beforeAll(async () => {
    drillLab = await startDrillLab({variant: 'batch'});
    run = await runWithLeastPolicy(drillLab, 'orders-mcp-batch.yaml');
  });
  afterAll(() => drillLab?.down());

  it('calls the batch token disarmed, and never dead', () => {
    const access = run.result?.access ?? {};

    expect(run.exitCode, run.stderr).toBe(3);
    expect(run.result?.verdict).toBe('inconclusive');
    expect(access.token).toMatchObject({surface: 'disarmed', until: expect.any(String), afterRollback: 'denied'});
    expect(access.holdings).toMatchObject({surface: 'unobservable', until: expect.any(String)});
    expect(access['login-again']?.surface).toBe('dead');
    expect(run.stdout).toMatch(/token +disarmed until \d{4}-/);
  });

  it('proves neither that it is gone nor who used it', () => {
    const {criteria} = run.result ?? {};

    expect(criteria?.['access-removed']).toEqual({
      state: 'unproven',
      reasons: [
        expect.stringMatching(
          /^`token` is disarmed, not dead: it is refused, and it lives on until \d{4}-.*can be undone\.$/,
        ),
        expect.stringMatching(/^`holdings` is unobservable: nobody can list or revoke .* until \d{4}-/),
      ],
    });
    expect(criteria?.['no-manual-recovery']).toEqual({
      state: 'unproven',
      reasons: [expect.stringContaining('a batch token of orders-mcp was used, and nothing tells by whom')],
    });
    const others = Object.entries(criteria ?? {}).filter(([, {state}]) => state === 'met');
    expect(others.map(([name]) => name)).toEqual([
      'baseline',
      'shutdown',
      'dependents-unharmed',
      'restored',
      'evidence',
    ]);
  });

  it('enables the entity only after the token has ended', () => {
    const lines = run.stderr.split('\n');
    const at = (text: string) => lines.findIndex((line) => line.includes(text));

    expect(at('the captured token: ends by itself in')).toBeGreaterThan(
      at('rollback of revoke-leases: vault/wait-for-expiry'),
    );
    expect(at('rollback of disable-entity: vault/enable-entity')).toBeGreaterThan(
      at('rollback of revoke-leases: done'),
    );
    expect(run.result?.draining.map(({what}) => what)).toContain('the captured token');
  });

  it('leaves staging whole', async () => {
    expect(run.result?.left).toEqual([]);
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('needs exactly the rights that plan --policy prints', () => {
    expect({refused: run.refused, unused: run.unused}).toEqual({refused: [], unused: []});
  });
});
