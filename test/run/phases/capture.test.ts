import {describe, expect, it} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import {FakeSystem, throwsBefore} from '../../fixtures/drivers/fake-system.ts';
import {fakeDrill} from '../fake-drill.ts';
import {runFakeDrill} from '../run-fake-drill.ts';

const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden'});

describe('run/phases/capture', () => {
  it('gives back what was taken before a capture fails', async () => {
    const system = new FakeSystem();
    system.script('take holdings', throwsBefore(refused));
    const capture = {
      sibling: {uses: 'fake/mint', on: 'fake', with: {secret: 'sibling-secret'}},
      ...fakeDrill().capture,
    };

    const {result, all} = await runFakeDrill(system, {drill: {capture}});

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted'});
    expect(all('capture.failed')).toMatchObject([{capture: 'holdings', generation: 1, code: 'forbidden'}]);
    expect(system.released).toEqual(['sibling-secret']);
    expect(system.calls.slice(-3)).toEqual(['release mint', 'end', 'close']);
  });

  it('ends where a session can not be held', async () => {
    const system = new FakeSystem();
    system.script('hold', throwsBefore(refused));

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted'});
    expect(all('phase.failed')[0]?.problems[0]?.message).toContain('A held session could not be opened');
    expect(system.count('observe')).toBe(0);
    expect(system.calls.slice(-2)).toEqual(['end', 'close']);
  });

  it('journals what is held without its secrets', async () => {
    const {all, entries} = await runFakeDrill(new FakeSystem(), {until: 'baseline'});

    expect(all('capture.taken')).toEqual([{capture: 'holdings', generation: 1, count: 1, facts: {held: 1}}]);
    expect(JSON.stringify(entries)).not.toContain('generation-1-secret');
  });
});
