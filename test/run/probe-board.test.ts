import {describe, expect, it} from 'vitest';
import {ProbeBoard} from '../../src/run/probe-board.ts';
import {createSystemClock} from '../../src/util/system-clock.ts';
import {alsoDoes, answers, FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {access} from './fake-drill.ts';
import {runFakeDrill} from './run-fake-drill.ts';

describe('run/probe-board', () => {
  const clock = createSystemClock();
  const forever = new AbortController().signal;

  it('waits no longer than its deadline', async () => {
    const board = new ProbeBoard(() => undefined);

    expect(await board.waitUntil(() => false, clock, clock.now() + 20, forever)).toBe(false);
    expect(await board.waitUntil(() => true, clock, clock.now() - 1, forever)).toBe(true);
  });

  it('ends its wait when interrupted', async () => {
    const interruption = new AbortController();
    const reason = new Error('interrupted');
    const waiting = new ProbeBoard(() => undefined).waitUntil(
      () => false,
      clock,
      clock.now() + 60_000,
      interruption.signal,
    );

    interruption.abort(reason);

    await expect(waiting).rejects.toBe(reason);
  });

  it('journals changes alone, and counts by phase', async () => {
    const {all, samples} = await runFakeDrill(new FakeSystem());

    const changes = all('probe.changed').filter(({probe}) => probe === 'shop');
    const summary = all('probe.summary').find(({probe}) => probe === 'shop');
    const counted = Object.values(summary?.phases ?? {}).reduce((sum, {allowed}) => sum + allowed, 0);
    expect(changes.map(({to}) => to)).toEqual(['allowed']);
    expect(counted).toBe(samples.filter(({probe}) => probe === 'shop').length);
    expect(Object.keys(summary?.phases ?? {})).toEqual(expect.arrayContaining(['baseline', 'settle', 'restored']));
  });

  it('tells when an access was last seen alive', async () => {
    const {all} = await runFakeDrill(new FakeSystem());

    const died = all('probe.changed').find(({probe, to}) => probe === 'new' && to === 'denied');
    const revoked = all('step.started').find(({step}) => step === 'revoke')?.at ?? 0;
    expect(died).toMatchObject({from: 'allowed', generation: 1, code: 'refused'});
    expect(died?.lastAllowedSentAt).toBeLessThanOrEqual(died?.sentAt ?? 0);
    expect(died?.sentAt).toBeGreaterThanOrEqual(revoked);
  });

  it('journals a lost control and its return', async () => {
    const system = new FakeSystem();
    system.script('control', answers(false), 3);

    const {all, result} = await runFakeDrill(system, {drill: {access: {new: access('fake/credential')}}});

    expect(all('control.changed').map(({held}) => held)).toEqual([false, true]);
    const seen = all('probe.changed').filter(({probe, generation}) => probe === 'new' && generation === 1);
    expect(seen.map(({to, code}) => [to, code])).toEqual([
      ['allowed', '200'],
      ['indeterminate', 'no-control:refused'],
      ['denied', 'refused'],
    ]);
    expect(result.verdict).toBe('pass');
  });

  it('journals a change of instance', async () => {
    const system = new FakeSystem();
    system.script(
      'mark settle',
      alsoDoes(() => {
        system.instance = 'second';
      }),
    );

    const {all} = await runFakeDrill(system);

    expect(all('probe.instance')).toMatchObject([{probe: 'shop', from: 'first', to: 'second'}]);
  });
});
