import {describe, expect, it} from 'vitest';
import {FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {runFakeDrill} from './run-fake-drill.ts';

describe('run/run-drill', () => {
  it('passes when everything dies and comes back', async () => {
    const system = new FakeSystem();
    const {result, thrown, entries} = await runFakeDrill(system);
    expect(thrown).toBeUndefined();
    if (result.verdict !== 'pass') console.log(JSON.stringify(result.criteria, null, 1), entries.length);
    expect(result).toMatchObject({verdict: 'pass', exitCode: 0, status: 'completed', left: []});
  });
});
