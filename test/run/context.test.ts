import {describe, expect, it} from 'vitest';
import {DriverError} from '../../src/contract/driver-error.ts';
import type {Plan, PlannedStep} from '../../src/plan/plan.ts';
import {failureOf} from '../../src/run/context.ts';
import {FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {runFakeDrill} from './run-fake-drill.ts';

describe('run/context', () => {
  it('journals each call to the outside, with its end', async () => {
    const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden', detail: '403'});

    const {all} = await runFakeDrill(new FakeSystem(), {
      plan: withCalls(async (ctx) => {
        await ctx.call('list', async () => undefined);
        await ctx.call('delete', () => Promise.reject(refused)).catch(() => undefined);
      }),
    });

    expect(all('call').map(({operation, call, outcome}) => [operation, call, outcome])).toEqual([
      ['fake/revoke', 'list', 'ok'],
      ['fake/revoke', 'delete', 'forbidden:403'],
    ]);
  });

  it('journals once what the run made itself', async () => {
    const owns: boolean[] = [];

    const {all} = await runFakeDrill(new FakeSystem(), {
      plan: withCalls(async (ctx) => {
        ctx.own('token', 'accessor-1');
        ctx.own('token', 'accessor-1');
        owns.push(ctx.owns('token', 'accessor-1'), ctx.owns('lease', 'accessor-1'));
      }),
    });

    expect(all('owned')).toEqual([{kind: 'token', id: 'accessor-1'}]);
    expect(owns).toEqual([true, false]);
  });

  it('keeps a code and a message of an error', () => {
    const cause = new Error('held a secret');

    const kept = failureOf(new DriverError('Expected a yes, got 403.', {code: 'forbidden', detail: '403', cause}));

    expect(kept).toEqual({code: 'forbidden:403', message: 'Expected a yes, got 403.'});
    expect(failureOf('a text')).toEqual({code: 'error', message: 'Something was thrown that is no error.'});
  });
});

type Execute = PlannedStep['call']['operation']['execute'];

/** The plan, in which `revoke` makes these calls before it does its work. */
function withCalls(calls: (ctx: Parameters<Execute>[2]) => Promise<void>): (plan: Plan) => Plan {
  const change = (step: PlannedStep): PlannedStep => {
    if (step.id !== 'revoke') return step;
    const {operation} = step.call;
    const execute: Execute = async (input, state, ctx) => {
      await calls(ctx);
      await operation.execute(input, state, ctx);
    };
    return {...step, call: {...step.call, operation: {...operation, execute}}};
  };
  return (plan) => ({...plan, steps: plan.steps.map(change)});
}
