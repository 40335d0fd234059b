import {describe, expect, it} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import {answers, FakeSystem, throwsBefore} from '../../fixtures/drivers/fake-system.ts';
import {access} from '../fake-drill.ts';
import {runFakeDrill} from '../run-fake-drill.ts';

const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden'});

describe('run/phases/baseline', () => {
  it.each([
    ['an access is dead', 'observe held', {state: 'denied', code: 'refused'}, 'Access `held`'],
    ['an access is unreachable', 'observe serve', {state: 'unreachable', code: 'EHOSTUNREACH'}, 'Access `server`'],
    ['a dependent is ill', 'observe healthy', {state: 'indeterminate', code: '500'}, 'Dependent `shop`'],
  ])('does not hold where %s', async (_name, place, seen, message) => {
    const system = new FakeSystem();
    system.script(place, answers(seen));

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted'});
    expect(all('phase.failed')[0]).toMatchObject({phase: 'baseline', refused: false});
    expect(result.criteria.baseline.reasons.join()).toContain(message);
    expect(system.count('prepare') + system.count('execute')).toBe(0);
  });

  it('waits for three good samples in a row', async () => {
    const system = new FakeSystem();
    system.script('observe healthy', answers({state: 'indeterminate', code: '500'}), 2);

    const {result, samples} = await runFakeDrill(system, {until: 'baseline'});

    expect(result.criteria.baseline.state).toBe('met');
    const states = samples.filter(({probe}) => probe === 'shop').map(({state}) => state);
    expect(states.slice(0, 5)).toEqual(['indeterminate', 'indeterminate', 'allowed', 'allowed', 'allowed']);
  });

  it('does not hold where the integration holds nothing', async () => {
    const system = new FakeSystem();
    system.script('take holdings', answers({held: 0}));

    const {result} = await runFakeDrill(system, {
      drill: {access: {server: access('fake/serve', {expect: ['unreachable']})}},
    });

    expect(result.exitCode).toBe(3);
    expect(result.criteria.baseline.reasons.join()).toContain('expected the integration to hold something');
    expect(system.count('execute')).toBe(0);
  });

  it('changes nothing where a step can not read', async () => {
    const system = new FakeSystem();
    system.script('prepare revoke', throwsBefore(refused));

    const {result} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted'});
    expect(result.criteria.baseline.reasons.join()).toContain('Step `revoke` could not read what is there');
    expect(system.count('execute')).toBe(0);
  });

  it('reads for every step before any is done', async () => {
    const system = new FakeSystem();

    await runFakeDrill(system);

    const order = system.calls.filter((call) => /^(prepare|execute) (stop|revoke)/.test(call));
    expect(order).toEqual(['prepare stop', 'prepare revoke', 'execute stop', 'execute revoke']);
  });

  it('is the end of a run until baseline', async () => {
    const system = new FakeSystem();

    const {result, all} = await runFakeDrill(system, {until: 'baseline'});

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'completed'});
    expect(all('baseline.held')).toEqual([{samplers: 4}]);
    expect(system.count('execute')).toBe(0);
    expect(system.calls.slice(-3)).toEqual(['close held', 'end', 'close']);
  });
});
