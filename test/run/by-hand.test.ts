import {describe, expect, it} from 'vitest';
import type {Plan} from '../../src/plan/plan.ts';
import {byHand} from '../../src/run/by-hand.ts';
import {FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {address, fakeDrill, planFakeDrill} from './fake-drill.ts';

describe('run/by-hand', () => {
  /** What the rollback of a step is told of its place. */
  async function placeOf(plan: Plan): Promise<unknown> {
    const rollback = plan.steps.at(-1)?.rollback;
    if (rollback === undefined || rollback.kind === 'none') throw new Error('no rollback');
    const operation = {...rollback.call.operation, byHand: (_input: unknown, at: object) => [JSON.stringify(at)]};
    const lines = byHand(plan, {...rollback.call, operation}, {}).split('\n');
    return JSON.parse(lines[1] ?? '');
  }

  it('tells the driver where it is, and who the guard expects there', async () => {
    const planned = await planFakeDrill(new FakeSystem());
    if (!planned.ok) throw new Error('no plan');

    expect(await placeOf(planned.value)).toEqual({connection: {address}, base: '/base', expected: ['fake-cluster']});
  });

  it('expects nobody where the guard does not', async () => {
    const system = new FakeSystem();
    system.identity = 'none';
    const planned = await planFakeDrill(system, fakeDrill({guard: [{kind: 'fake', address}]}));
    if (!planned.ok) throw new Error('no plan');

    expect(await placeOf(planned.value)).not.toHaveProperty('expected');
  });
});
