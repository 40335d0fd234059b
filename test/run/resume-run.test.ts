import {describe, expect, it} from 'vitest';
import {DriverError} from '../../src/contract/driver-error.ts';
import type {Entry} from '../../src/journal/entries.ts';
import {answers, FakeSystem, throwsBefore} from '../fixtures/drivers/fake-system.ts';
import {reference, step, stopServer} from './fake-drill.ts';
import {cutBefore, resumeFakeRun} from './resume-fake-run.ts';
import {runFakeDrill} from './run-fake-drill.ts';

const nobody = new DriverError('Expected an answer, got none.', {code: 'unreachable', retryable: true});

const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden', detail: '403'});

const finished: Entry = {
  v: 1,
  seq: 0,
  time: new Date().toISOString(),
  prev: '',
  type: 'run.finished',
  data: {verdict: 'inconclusive', exitCode: 3, status: 'completed'},
};

/** A system as it is when the run was cut off just before the outcome of this step: what was done stays done. */
async function cutOffIn(stepId: string, drill: Parameters<typeof runFakeDrill>[1] = {}) {
  const system = new FakeSystem();
  const cut = new Error('cut off');
  let isCut = false;
  const run = await runFakeDrill(system, {
    ...drill,
    onEvent: (event) => {
      if (isCut || (event.type === 'step.inspected' && event.data.step === stepId)) {
        if (!isCut) Object.assign(state, {serving: system.serving, credentials: new Map(system.credentials)});
        isCut = true;
        throw cut;
      }
    },
  });
  // The process went on in memory, which a killed one does not: the system is put back to that moment.
  system.serving = state.serving;
  system.credentials.clear();
  for (const [secret, works] of state.credentials) system.credentials.set(secret, works);
  return {system, entries: run.entries};
}
const state = {serving: true, credentials: new Map<string, boolean>()};

describe('run/resume-run', () => {
  it('rolls back what was done, and what nobody knows of', async () => {
    const {system, entries} = await cutOffIn('revoke');

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.resumed).toBe(true);
    expect(resumed.all('step.inspected')).toMatchObject([{step: 'revoke', when: 'resumed', found: 'applied'}]);
    expect(resumed.all('rollback.succeeded').map((entry) => entry.step)).toEqual(['revoke', 'stop-server']);
    expect(resumed.all('trouble')).toEqual([]);
    expect(system.serving).toBe(true);
    expect(system.alive).toEqual([expect.stringMatching(/^generation-[23]-secret$/)]);
    expect(resumed.result).toMatchObject({verdict: 'inconclusive', status: 'interrupted', exitCode: 3, left: []});
  });

  it('leaves alone a step that was cut off before it took', async () => {
    const {system, entries} = await cutOffIn('revoke');
    system.credentials.set('generation-1-secret', true);

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.all('rollback.not-needed')).toEqual([{step: 'revoke', why: 'the step had not taken'}]);
    expect(system.alive).toEqual(['generation-1-secret']);
    expect(system.serving).toBe(true);
  });

  it('asks for as long as the system may still have it in hand', async () => {
    const {system, entries} = await cutOffIn('revoke', {
      drill: {shutdown: [stopServer, step('revoke', {withinMs: 700})]},
    });
    system.credentials.set('generation-1-secret', true);
    let looks = 0;

    const resumed = await resumeFakeRun(system, entries, {
      drill: {shutdown: [stopServer, step('revoke', {withinMs: 700})]},
      onSystemCall: (place) => {
        if (place !== 'inspect revoke') return;
        looks += 1;
        if (looks === 3) system.revoke();
      },
    });

    expect(resumed.all('step.inspected')).toMatchObject([{found: 'applied'}]);
    expect(system.alive).toEqual([expect.stringMatching(/^generation-[23]-secret$/)]);
  });

  it('finishes what took in part before it rolls back', async () => {
    const {system, entries} = await cutOffIn('revoke');
    system.credentials.set('generation-1-secret', true);
    system.script('inspect revoke', answers('partly'));

    const resumed = await resumeFakeRun(system, entries);

    expect(system.credentials.get('generation-1-secret')).toBe(false);
    expect(system.alive).toEqual([expect.stringMatching(/^generation-[23]-secret$/)]);
    expect(resumed.all('rollback.succeeded')).toHaveLength(2);
  });

  it('rolls back what it could not finish, and says so', async () => {
    const {system, entries} = await cutOffIn('revoke');
    system.script('inspect revoke', answers('partly'));
    system.script('execute revoke', throwsBefore(refused));

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.all('trouble')).toEqual([
      {where: 'end of step revoke', code: 'forbidden:403', message: refused.message},
    ]);
    expect(resumed.all('rollback.succeeded')).toHaveLength(2);
  });

  it('finishes nothing that is not given anew', async () => {
    const drill = {shutdown: [stopServer, step('revoke', {rollback: {kind: 'none', why: 'it logs in again'}})]};
    const {system, entries} = await cutOffIn('revoke', {drill});
    const done = system.count('execute revoke');
    system.script('inspect revoke', answers('partly'));

    const resumed = await resumeFakeRun(system, entries, {drill});

    expect(system.count('execute revoke')).toBe(done);
    expect(resumed.all('rollback.not-needed')).toContainEqual({step: 'revoke', why: 'it logs in again'});
  });

  it('finishes nothing that is known to have failed', async () => {
    const system = new FakeSystem();
    system.script('execute revoke', throwsBefore(refused));
    const run = await runFakeDrill(system);
    const entries = run.entries.slice(
      0,
      run.entries.findIndex(({type}) => type === 'rollback.not-needed'),
    );
    system.forget('execute revoke');
    const done = system.count('execute revoke');
    system.script('inspect revoke', answers('partly'));

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.all('step.inspected')).toMatchObject([{step: 'revoke', found: 'partly'}]);
    expect(system.count('execute revoke')).toBe(done);
  });

  it('goes on with no plan that lacks a step', async () => {
    const {system, entries} = await cutOffIn('revoke');

    const resumed = resumeFakeRun(system, entries, {drill: {shutdown: [stopServer]}});

    await expect(resumed).rejects.toThrow('The plan has no step `revoke`.');
  });

  it('counts what nobody can tell as done', async () => {
    const {system, entries} = await cutOffIn('revoke');
    system.script('inspect revoke', throwsBefore(nobody));

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.all('step.inspected')).toMatchObject([{found: 'unknown'}]);
    expect(resumed.all('rollback.succeeded').map((entry) => entry.step)).toContain('revoke');
  });

  it('does a rollback again that was cut off', async () => {
    const system = new FakeSystem();
    const run = await runFakeDrill(system);
    const entries = cutBefore(run.entries, 'rollback.inspected', 'revoke');
    const before = system.count('execute issue');
    system.revoke();
    system.serving = false;

    const resumed = await resumeFakeRun(system, entries);

    expect(system.count('execute issue')).toBe(before + 1);
    expect(system.serving).toBe(true);
    expect(resumed.result.left).toEqual([]);
  });

  it('gives nothing a second time that is there already, whoever gave it', async () => {
    const system = new FakeSystem();
    const run = await runFakeDrill(system);
    const issued = system.count('execute issue');

    const resumed = await resumeFakeRun(system, cutBefore(run.entries, 'rollback.inspected', 'revoke'));

    expect(resumed.all('rollback.not-needed')).toEqual(
      ['revoke', 'stop-server'].map((step) => ({step, why: 'everything is there already'})),
    );
    expect(system.count('execute issue')).toBe(issued);
  });

  it('counts a step as done where nobody waits any more for its system to tell', async () => {
    const {system, entries} = await cutOffIn('revoke', {
      drill: {shutdown: [stopServer, step('revoke', {withinMs: 60_000})]},
    });
    system.credentials.set('generation-1-secret', true);

    const resumed = await resumeFakeRun(system, entries, {
      drill: {shutdown: [stopServer, step('revoke', {withinMs: 60_000})]},
      onSystemCall: (place, interruption) => {
        if (place === 'inspect revoke') for (let count = 0; count < 3; count++) interruption.interrupt('SIGINT');
      },
    });

    expect(resumed.all('step.inspected')).toMatchObject([{step: 'revoke', found: 'unknown'}]);
    expect(resumed.result.exitCode).toBe(4);
    expect(resumed.result.left).toEqual([
      expect.stringContaining('Step `revoke`: '),
      expect.stringContaining('Step `stop-server`: '),
    ]);
  });

  it('waits for a server that a rollback needs', async () => {
    const {system, entries} = await cutOffIn('revoke', {
      drill: {shutdown: [stopServer, step('revoke', {withinMs: 2000})]},
    });
    system.script('identify', throwsBefore(nobody), 3);

    const resumed = await resumeFakeRun(system, entries, {
      drill: {shutdown: [stopServer, step('revoke', {withinMs: 2000})]},
    });

    expect(resumed.all('trouble').map(({where}) => where)).toContain('guard');
    expect(resumed.all('rollback.succeeded').map((entry) => entry.step)).toContain('revoke');
    expect(system.tokens.size).toBe(0);
  });

  it('says what is left where the server does not come back', async () => {
    const {system, entries} = await cutOffIn('revoke');
    const issued = system.count('execute issue');
    system.script('identify', throwsBefore(nobody));

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.all('rollback.failed')).toMatchObject([
      {step: 'revoke', code: 'unreachable:not-connected'},
      {step: 'stop-server', code: 'unreachable:not-connected'},
    ]);
    expect(resumed.result.exitCode).toBe(4);
    expect(system.count('execute issue')).toBe(issued);
  });

  it('touches nothing where a server is another one', async () => {
    const {system, entries} = await cutOffIn('revoke');
    const calls = system.calls.length;
    system.script('identify', answers({cluster: 'production'}));

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.resumed).toBe(false);
    expect(resumed.all('resume.failed')).toMatchObject([{refused: true, problems: [{code: 'guard-identity'}]}]);
    expect(system.calls.slice(calls)).toEqual(['identify', 'close']);
  });

  it('ends what the process before left, after what was in doubt is settled', async () => {
    const {system, entries} = await cutOffIn('revoke');
    system.tokens.add('token of a process that is gone');
    const calls = system.calls.length;

    const resumed = await resumeFakeRun(system, entries);

    const order = system.calls.slice(calls);
    expect(order.indexOf('end earlier')).toBeGreaterThan(order.indexOf('inspect revoke'));
    expect(order.indexOf('end earlier')).toBeLessThan(order.indexOf('execute issue'));
    expect(resumed.all('connection.cleared')).toEqual([{connection: 'fake'}]);
    expect(system.tokens.size).toBe(0);
  });

  it('says that it could not end what was left', async () => {
    const {system, entries} = await cutOffIn('revoke');
    system.script('end earlier', throwsBefore(new Error('no')));

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.result.criteria.restored.reasons.join()).toContain('end of what was left on fake');
  });

  it('knows no secret of generation 1 any more, and says which rollback needs one', async () => {
    const needy = step('revoke', {
      rollback: {
        kind: 'given',
        call: {uses: 'fake/issue', on: 'fake', with: {note: reference('capture.holdings.secret')}},
        withinMs: 100,
        restarts: [],
      },
    });
    const {system, entries} = await cutOffIn('revoke', {drill: {shutdown: [stopServer, needy]}});

    const resumed = await resumeFakeRun(system, entries, {drill: {shutdown: [stopServer, needy]}});

    expect(resumed.all('rollback.failed')).toMatchObject([
      {step: 'revoke', message: expect.stringContaining('of generation 1 is not known')},
    ]);
    expect(resumed.result.exitCode).toBe(4);
  });

  it('rolls nothing back where nothing was changed', async () => {
    const system = new FakeSystem();
    const run = await runFakeDrill(system, {until: 'baseline'});
    system.tokens.add('token of a process that is gone');

    const resumed = await resumeFakeRun(system, run.entries);

    expect(resumed.all('phase.started').map(({phase}) => phase)).toEqual(['scan', 'verdict']);
    expect(system.tokens.size).toBe(0);
    expect(resumed.result.exitCode).toBe(3);
  });

  it('ends a credential that a run which has ended could not end, and asks nothing again', async () => {
    const system = new FakeSystem();
    system.script('end', throwsBefore(nobody));
    const {entries, result} = await runFakeDrill(system);
    const before = system.calls.length;
    expect(result.left).toEqual([expect.stringContaining('Connection `fake`')]);
    system.tokens.add('token of a process that is gone');
    system.forget('end');

    const resumed = await resumeFakeRun(system, [...entries, finished]);

    expect(system.tokens.size).toBe(0);
    expect(resumed.all('phase.started').map(({phase}) => phase)).toEqual(['scan', 'verdict']);
    expect(system.calls.slice(before).filter((call) => /^(execute|observe|take)/.test(call))).toEqual([]);
    expect(resumed.result).toMatchObject({verdict: 'inconclusive', status: 'completed', exitCode: 3, left: []});
  });

  it('touches nothing where another run works on the integration', async () => {
    const system = new FakeSystem();
    const {entries} = await runFakeDrill(system);
    system.revoke();
    const calls = system.calls.length;
    const locked = new DriverError('Expected no other run, and `other` goes on.', {code: 'conflict', detail: 'locked'});
    system.script('begin', throwsBefore(locked));

    const resumed = await resumeFakeRun(system, cutBefore(entries, 'rollback.started', 'revoke'));

    expect(resumed.resumed).toBe(false);
    expect(resumed.all('resume.failed')).toMatchObject([{refused: true, problems: [{code: 'unfinished-run'}]}]);
    expect(resumed.result).toMatchObject({exitCode: 4});
    expect(system.calls.slice(calls).filter((call) => call.startsWith('execute'))).toEqual([]);
    expect(system.alive).toEqual([]);
  });
});
