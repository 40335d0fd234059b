import {describe, expect, it} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import {answers, FakeSystem, throwsBefore} from '../../fixtures/drivers/fake-system.ts';
import {runFakeDrill} from '../run-fake-drill.ts';

describe('run/phases/guard', () => {
  it('refuses a server that is another one', async () => {
    const system = new FakeSystem();
    system.script('identify', answers({cluster: 'production'}));

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 2, status: 'aborted'});
    expect(all('phase.failed')).toMatchObject([{phase: 'guard', refused: true}]);
    expect(result.criteria.baseline.reasons.join()).toContain('to be `fake-cluster`, and it says it is `production`');
    expect(system.calls).toEqual(['identify', 'close']);
  });

  it.each([
    ['says nothing of itself', answers({})],
    ['is sealed', throwsBefore(new DriverError('Expected an open server, got a sealed one.', {code: 'sealed'}))],
  ])('ends unproven where a server %s', async (_name, fault) => {
    const system = new FakeSystem();
    system.script('identify', fault);

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted'});
    expect(all('phase.failed')).toMatchObject([{phase: 'guard', refused: false}]);
    expect(system.calls).toEqual(['identify', 'close']);
  });

  it('records who the server says it is', async () => {
    const {all} = await runFakeDrill(new FakeSystem(), {until: 'baseline'});

    expect(all('guard.identified')).toMatchObject([
      {connection: 'fake', expected: 'fake-cluster', found: 'fake-cluster', product: 'fake'},
    ]);
  });
});
