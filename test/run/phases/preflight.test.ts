import {describe, expect, it} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import {answers, FakeSystem, throwsAfter, throwsBefore} from '../../fixtures/drivers/fake-system.ts';
import {runFakeDrill} from '../run-fake-drill.ts';

const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden'});

describe('run/phases/preflight', () => {
  it('ends before anything begins where a permission lacks', async () => {
    const system = new FakeSystem();
    system.script('missing', answers([{path: 'auth/token', capabilities: ['update', 'sudo']}]));

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted'});
    expect(all('phase.failed')[0]?.problems[0]?.message).toContain('update, sudo on `auth/token`');
    expect(system.calls).toEqual(['identify', 'missing', 'server time', 'close']);
  });

  it('asks once more for what nobody could tell, with the credential of the run, and goes on where nobody can', async () => {
    const system = new FakeSystem();
    const lack = {path: 'auth/token', capabilities: ['update']};
    system.script('missing', answers([{...lack, unknown: 'the operator may not ask'}]), 1);
    system.script('missing', answers([{...lack, unknown: 'the run may not ask'}]));

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'pass', exitCode: 0});
    expect(system.calls.filter((call) => call === 'missing' || call === 'begin')).toEqual([
      'missing',
      'begin',
      'missing',
    ]);
    expect(all('rights.unknown')).toEqual([{connection: 'fake', needs: 1, why: ['the run may not ask']}]);
  });

  it.each([
    ['is missing', answers([{path: 'auth/token', capabilities: ['update']}]), 'update on `auth/token`, and it has not'],
    ['can not be asked', throwsBefore(refused), 'Expected a yes, got 403.'],
  ])('ends before anything is changed where the run finds that it %s', async (_how, fault, told) => {
    const system = new FakeSystem();
    system.script('missing', answers([{path: 'auth/token', capabilities: ['update'], unknown: 'it was refused'}]), 1);
    system.script('missing', fault);

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted', left: []});
    expect(all('phase.failed')[0]?.problems[0]?.message).toContain(told);
    expect(system.calls.slice(-2)).toEqual(['end', 'close']);
    expect(all('rights.unknown')).toEqual([]);
    expect(system.count('check')).toBe(0);
  });

  it('ends where the clocks differ too much', async () => {
    const system = new FakeSystem();
    system.script('server time', () => Date.now() + 90_000);

    const {result, all} = await runFakeDrill(system);

    expect(result.exitCode).toBe(3);
    expect(all('phase.failed')[0]?.problems[0]).toMatchObject({code: 'clock-skew'});
    expect(all('preflight.checked')[0]?.skewMs).toBeGreaterThan(80_000);
  });

  it("ends the run's credential though its making failed", async () => {
    const system = new FakeSystem();
    system.script('begin', throwsAfter(refused));

    const {result} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted'});
    expect(system.calls.slice(-3)).toEqual(['begin', 'end', 'close']);
    expect(system.begun).toBe(false);
  });

  it('ends where an audit source does not grow', async () => {
    const system = new FakeSystem();
    system.script('check audit', throwsBefore(refused));

    const {result, all} = await runFakeDrill(system);

    expect(result.exitCode).toBe(3);
    expect(all('phase.failed')[0]?.problems[0]?.message).toContain('Audit source of `fake`');
    expect(system.calls.slice(-2)).toEqual(['end', 'close']);
    expect(system.count('execute')).toBe(0);
  });

  it('leaves no mark before the run has a credential', async () => {
    const system = new FakeSystem();

    await runFakeDrill(system, {until: 'baseline'});

    const marks = system.calls.filter((call) => call.startsWith('mark') || call === 'begin');
    expect(marks).toEqual(['begin', 'mark preflight', 'mark capture', 'mark baseline']);
  });

  it('is refused where another run works on the integration', async () => {
    const system = new FakeSystem();
    const locked = new DriverError('Expected no other run.', {code: 'conflict', detail: 'locked'});
    system.script('begin', throwsBefore(locked));

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 2, status: 'aborted', left: []});
    expect(all('phase.failed')).toMatchObject([
      {
        phase: 'preflight',
        refused: true,
        problems: [{code: 'unfinished-run', message: expect.stringContaining('`fake`')}],
      },
    ]);
    expect(system.count('take')).toBe(0);
  });
});
