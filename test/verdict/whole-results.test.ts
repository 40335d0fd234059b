import {describe, expect, it} from 'vitest';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, type JournalCase} from './journals.ts';

const cases: readonly JournalCase[] = ['pass', 'token-only', 'interrupted', 'until-baseline'];

/** Each number, time and sentence of a result: what scripts read must not change by the way. */
describe('verdict/judge, whole results', () => {
  it.each(cases)('gives the same result for %s as ever', async (name) => {
    const result = JSON.stringify(judge(entriesOf(name)), null, 2);

    await expect(`${result}\n`).toMatchFileSnapshot(`../fixtures/results/${name}.json`);
  });

  it('gives the same result where somebody helped', async () => {
    const event = {
      time: '2026-11-23T00:00:00Z',
      operation: 'update',
      path: 'auth/approle/role/orders-mcp/secret-id',
      effect: 'change',
      phase: 'restored',
    } as const;
    const events = [
      {...event, accessor: 'hmac-of-somebody', displayName: 'token-alice', actor: {kind: 'somebody'} as const},
      {...event, actor: {kind: 'somebody'} as const},
      {...event, effect: 'refused' as const, actor: {kind: 'somebody'} as const},
      {...event, actor: {kind: 'workload', name: 'checkout'} as const},
      {...event, phase: 'settle', effect: 'use' as const, actor: {kind: 'integration', name: 'orders-mcp'} as const},
    ];
    const helped = change(
      entriesOf('pass'),
      'audit.read',
      () => true,
      (data) => ({...data, events}),
    );

    const {criteria, manualRecovery} = judge(helped);

    await expect(`${JSON.stringify({criteria, manualRecovery}, null, 2)}\n`).toMatchFileSnapshot(
      '../fixtures/results/helped.json',
    );
  });
});
