import {describe, expect, it} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import {answers, FakeSystem, throwsBefore} from '../../fixtures/drivers/fake-system.ts';
import {access, fakeDrill, step} from '../fake-drill.ts';
import {runFakeDrill} from '../run-fake-drill.ts';

const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden'});
const passing = new DriverError('Expected an answer, got 503.', {code: 'unavailable', retryable: true});

describe('run/phases/shutdown', () => {
  it('journals the intent before each attempt', async () => {
    const system = new FakeSystem();
    system.script('execute revoke', throwsBefore(passing), 1);
    const doneBefore: number[] = [];

    await runFakeDrill(system, {
      onEvent: ({type, data}) => {
        if (type === 'step.started' && data.step === 'revoke') doneBefore.push(system.count('execute revoke'));
      },
    });

    expect(doneBefore).toEqual([0, 1]);
  });

  it('asks every access once more after a step', async () => {
    const {all, samples} = await runFakeDrill(new FakeSystem());

    const stopped = all('step.succeeded').find(({step}) => step === 'stop-server')?.at ?? 0;
    const next = all('step.started').find(({step}) => step === 'revoke')?.at ?? 0;
    const between = samples.filter(({sentAt}) => sentAt >= stopped && sentAt <= next).map(({probe}) => probe);
    expect(new Set(between)).toEqual(new Set(['new', 'held', 'server', ...between]));
    expect(between).toEqual(expect.arrayContaining(['new', 'held', 'server']));
  });

  it('leaves a budgeted probe alone once denied', async () => {
    const system = new FakeSystem();
    const {shutdown} = fakeDrill();

    const {samples} = await runFakeDrill(system, {
      drill: {access: {login: access('fake/login')}, shutdown: [...shutdown].reverse()},
    });

    const denied = samples.filter(
      ({probe, generation, state}) => `${probe}${generation}` === 'login1' && state === 'denied',
    );
    expect(denied).toHaveLength(3);
  });

  it('stops at the first step that fails', async () => {
    const system = new FakeSystem();
    system.script('execute stop', throwsBefore(refused));

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'fail', exitCode: 1, status: 'aborted'});
    expect(result.steps.map(({id, status, rollback}) => [id, status, rollback])).toEqual([
      ['stop-server', 'failed', 'succeeded'],
      ['revoke', 'not-started', 'not-started'],
    ]);
    expect(system.count('execute revoke') + system.count('execute issue')).toBe(0);
    expect(all('phase.started').map(({phase}) => phase)).not.toContain('settle');
  });

  it('measures how long a step and its rollback take to be in force', async () => {
    const system = new FakeSystem();
    for (const place of ['inspect revoke', 'inspect issue']) system.script(place, answers('not-applied'), 2);

    const {result} = await runFakeDrill(system);

    // Asked at once, then 25 and 50 ms later.
    const [, revoke] = result.steps;
    for (const ms of [revoke?.inForceAfterMs, revoke?.rollbackInForceAfterMs]) {
      expect(ms).toBeGreaterThanOrEqual(75);
      expect(ms).toBeLessThan(85);
    }
  });

  it('asks a system that takes minutes ever more seldom, and no less often than it did at first', async () => {
    const system = new FakeSystem();
    system.script('inspect revoke', answers('not-applied'));
    const askedAfterMs: number[] = [];
    let calledAt = 0;
    system.onCall = (place) => {
      if (place === 'execute revoke') calledAt = Date.now();
      if (place === 'inspect revoke') askedAfterMs.push(Date.now() - calledAt);
    };

    await runFakeDrill(system, {drill: {shutdown: [step('revoke', {withinMs: 120_000})]}, maxDurationMs: 600_000});

    const pauses = askedAfterMs.map((ms, index) => ms - (askedAfterMs[index - 1] ?? 0));
    expect(Math.max(...pauses.filter((_pause, index) => (askedAfterMs[index] ?? 0) < 10_000))).toBeLessThan(205);
    expect(Math.max(...pauses)).toBeGreaterThan(2000);
    expect(Math.max(...pauses)).toBeLessThan(2500);
    expect(askedAfterMs.findLast((ms) => ms < 121_000)).toBeGreaterThan(117_000);
  });

  it('reads every step back again after the last', async () => {
    const {all} = await runFakeDrill(new FakeSystem());

    expect(all('step.inspected').map(({step, when, found}) => [step, when, found])).toEqual([
      ['stop-server', 'read-back', 'applied'],
      ['revoke', 'read-back', 'applied'],
      ['stop-server', 'after-shutdown', 'applied'],
      ['revoke', 'after-shutdown', 'applied'],
      ['stop-server', 'after-settle', 'applied'],
      ['revoke', 'after-settle', 'applied'],
    ]);
  });
});
