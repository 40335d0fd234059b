import {describe, expect, it} from 'vitest';
import {alsoDoes, answers, doesNothing, FakeSystem} from '../../fixtures/drivers/fake-system.ts';
import {access, step} from '../fake-drill.ts';
import {runFakeDrill} from '../run-fake-drill.ts';

describe('run/phases/settle', () => {
  it('lasts until everything was dead long enough', async () => {
    const {all, entries, result} = await runFakeDrill(new FakeSystem(), {drill: {settleMs: 150}});

    const rollback = entries.find(
      ({type, data}) => type === 'phase.started' && JSON.stringify(data).includes('rollback'),
    );
    const died = all('probe.changed')
      .filter(({role, phase, to}) => role === 'access' && phase === 'shutdown' && to !== 'allowed')
      .map(({receivedAt}) => receivedAt);
    expect(Date.parse(rollback?.time ?? '') - Math.max(...died)).toBeGreaterThanOrEqual(150);
    expect(result.verdict).toBe('pass');
  });

  it('counts a limit from the step it names', async () => {
    const system = new FakeSystem();
    system.script('execute stop', (effect) => new Promise((resolve) => setTimeout(() => resolve(effect()), 300)));
    system.script('execute revoke', (effect) => {
      setTimeout(effect, 150);
    });
    system.script('inspect revoke', answers('applied'), 1);
    const slow = step('stop-server', {uses: 'fake/stop', rollback: {kind: 'none', why: 'no matter'}, check: checked});

    const {result} = await runFakeDrill(system, {
      drill: {
        access: {new: access('fake/credential', {after: 'revoke', deniedWithinMs: 290})},
        shutdown: [slow, step('revoke')],
      },
    });

    expect(result.access.new).toMatchObject({surface: 'dead', afterStep: {step: 'revoke'}});
  });

  it('does not wait for a step to be found applied again', async () => {
    const system = new FakeSystem();
    system.script(
      'mark settle',
      alsoDoes(() => system.credentials.set('another-secret', true)),
    );
    const before: string[] = [];

    const {result} = await runFakeDrill(system, {
      onEvent: ({type, data}) => {
        if (type === 'step.inspected' && data.when === 'after-settle') before.push(data.found);
        if (type === 'step.inspected' && data.step === 'stop-server' && data.when === 'after-settle') {
          setTimeout(() => system.credentials.set('another-secret', false), 30);
        }
      },
    });

    expect(before).toEqual(['applied', 'not-applied']);
    expect(result.criteria.shutdown.state).toBe('unmet');
  });

  it('asks a budgeted probe once at its end', async () => {
    const system = new FakeSystem();

    const {all} = await runFakeDrill(system, {drill: {access: {login: access('fake/login')}}});

    const login = all('probe.summary').find(({probe, generation}) => probe === 'login' && generation === 1);
    expect(login?.phases.settle).toMatchObject({due: 0, denied: 1});
    expect(login?.phases.restored).toMatchObject({due: 0, denied: 1});
  });

  it('gives up waiting at the largest limit', async () => {
    const system = new FakeSystem();
    system.script('execute revoke', doesNothing());
    system.script('inspect revoke', answers('applied'));

    const {result} = await runFakeDrill(system, {drill: {access: {new: access('fake/credential')}}});

    expect(result.access.new?.surface).toBe('survives');
    expect(result.exitCode).toBe(1);
  });
});

const checked = {
  uses: 'fake/serve',
  on: 'fake',
  with: {},
  expect: ['unreachable'],
  timeoutMs: 100,
} as const;
