import {describe, expect, it} from 'vitest';
import {FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {runFakeDrill} from './run-fake-drill.ts';

describe('run/run-drill', () => {
  it('passes when everything dies and comes back', async () => {
    const {result, thrown, all} = await runFakeDrill(new FakeSystem());

    expect(thrown).toBeUndefined();
    expect(result).toMatchObject({verdict: 'pass', exitCode: 0, status: 'completed', left: []});
    expect(Object.values(result.access).map(({surface}) => surface)).toEqual(['dead', 'dead', 'dead']);
    expect(result.manualRecovery.state).toBe('none');
    expect(all('trouble')).toEqual([]);
  });

  it('enters every phase in order', async () => {
    const {all} = await runFakeDrill(new FakeSystem());

    expect(all('phase.started').map(({phase}) => phase)).toEqual([
      'guard',
      'preflight',
      'capture',
      'baseline',
      'shutdown',
      'settle',
      'rollback',
      'restored',
      'audit',
      'scan',
    ]);
  });

  it('hands every sample over', async () => {
    const {samples, all} = await runFakeDrill(new FakeSystem());

    expect(all('samples.closed')).toEqual([{file: 'samples.ndjson', sha256: '0'.repeat(64), samples: samples.length}]);
    expect(new Set(samples.map(({probe, generation}) => `${probe} ${generation}`))).toEqual(
      new Set(['new 1', 'held 1', 'server 1', 'shop 1', 'new 2', 'held 2']),
    );
  });
});
