import {describe, expect, it} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import type {Plan, PlannedStep} from '../../../src/plan/plan.ts';
import {FakeSystem, throwsBefore} from '../../fixtures/drivers/fake-system.ts';
import {access, reference, step, stopServer} from '../fake-drill.ts';
import {cutOffBeforeRollback, resumeFakeRun} from '../resume-fake-run.ts';
import {runFakeDrill} from '../run-fake-drill.ts';

const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden', detail: '403'});
const passing = new DriverError('Expected an answer, got 503.', {code: 'unavailable', retryable: true});

describe('run/phases/roll-back', () => {
  it('rolls back in reverse order', async () => {
    const {all} = await runFakeDrill(new FakeSystem());

    expect(all('rollback.succeeded').map(({step: id}) => id)).toEqual(['revoke', 'stop-server']);
  });

  it('has done what it did, where it is given up before what it started tells who it is', async () => {
    const system = new FakeSystem();
    system.script('observe serve', () => ({state: system.serving ? 'allowed' : 'unreachable', code: 'mute'}));
    const restarting = {...stopServer, rollback: {...stopServer.rollback, restarts: ['server']}};

    const {all} = await runFakeDrill(system, {
      drill: {
        access: {
          new: access('fake/credential'),
          server: access('fake/serve', {expect: ['unreachable'], instance: 'process'}),
        },
        shutdown: [restarting, step('revoke')],
      },
      onEvent: ({type}, interruption) => {
        if (type === 'probe.asked') interruption.abandon('max-duration');
      },
    });

    expect(all('probe.asked').length).toBeGreaterThan(0);
    expect(all('rollback.succeeded').map(({step: id}) => id)).toEqual(['revoke', 'stop-server']);
    expect(all('rollback.failed')).toEqual([]);
  });

  it('asks what it started who it is until the time of the rollback is over', async () => {
    const system = new FakeSystem();
    system.script('observe serve', () => ({state: system.serving ? 'allowed' : 'unreachable', code: 'mute'}));
    const rollback = {...stopServer.rollback, withinMs: 480, restarts: ['server']};

    const {entries, result} = await runFakeDrill(system, {
      drill: {
        access: {
          new: access('fake/credential'),
          server: access('fake/serve', {expect: ['unreachable'], instance: 'process'}),
        },
        shutdown: [{...stopServer, rollback}, step('revoke')],
      },
    });

    const done = entries.findIndex(({type}) => type === 'rollback.succeeded');
    const end = entries.findIndex(({type, data}) => type === 'phase.started' && data.phase === 'restored');
    expect(entries.slice(done, end).filter(({type}) => type === 'probe.asked')).toHaveLength(11);
    expect(result.exitCode).toBe(3);
  });

  it('goes on after a failure and says what is left', async () => {
    const system = new FakeSystem();
    system.script('execute issue', throwsBefore(refused));

    const {all, result} = await runFakeDrill(system);

    expect(all('rollback.failed')).toMatchObject([{step: 'revoke', uses: 'fake/issue', code: 'forbidden:403'}]);
    expect(all('rollback.succeeded').map(({step: id}) => id)).toEqual(['stop-server']);
    expect(result.left).toEqual([
      'Step `revoke`: do what `fake/issue` on connection `fake` does, with {}, and see that it worked.',
    ]);
    expect(system.serving).toBe(true);
  });

  it('goes on where what to do can not be told', async () => {
    const {all, result} = await runFakeDrill(new FakeSystem(), {
      plan: withRollback(() => {
        throw new Error('no such version');
      }),
    });

    expect(all('rollback.failed')).toMatchObject([{step: 'revoke', message: 'no such version'}]);
    expect(all('rollback.succeeded').map(({step: id}) => id)).toEqual(['stop-server']);
    expect(result.exitCode).toBe(4);
  });

  it('goes on where a rollback can not read', async () => {
    const system = new FakeSystem();
    system.script('prepare issue', throwsBefore(refused));

    const {all, result} = await runFakeDrill(system);

    expect(all('rollback.failed').map(({step: id}) => id)).toEqual(['revoke']);
    expect(system.serving).toBe(true);
    expect(result.exitCode).toBe(4);
  });

  it('retries a rollback, each attempt announced', async () => {
    const system = new FakeSystem();
    system.script('execute issue', throwsBefore(passing), 1);

    const {all, result} = await runFakeDrill(system, {drill: {restoredWithinMs: 1500}});

    const attempts = all('rollback.started').filter(({step: id}) => id === 'revoke');
    expect(attempts.map(({attempt}) => attempt)).toEqual([1, 2]);
    expect(result.exitCode).toBe(0);
  });

  it('does nothing for a step with nothing to undo', async () => {
    const system = new FakeSystem();

    const {all, result} = await runFakeDrill(system, {
      drill: {shutdown: [step('revoke', {rollback: {kind: 'none', why: 'the server logs in again'}})]},
    });

    expect(all('rollback.not-needed')).toEqual([{step: 'revoke', why: 'the server logs in again'}]);
    expect(system.count('execute issue')).toBe(0);
    expect(result.steps[0]?.rollback).toBe('not-needed');
  });

  it("never takes a system's text for a reference", async () => {
    const given: unknown[] = [];
    const note = reference('capture.holdings.secret');

    await runFakeDrill(new FakeSystem(), {
      plan: withRollback(
        () => ({note}),
        (input) => given.push(input),
      ),
    });

    expect(given).toEqual([{place: 'fake://system', note}]);
  });

  it('gives a rollback what its step read', async () => {
    const seen: unknown[] = [];

    await runFakeDrill(new FakeSystem(), {
      plan: withRollback((_input, state) => {
        seen.push(state);
        return {};
      }),
    });

    expect(seen).toEqual([{alive: 1}]);
  });

  it('says what a given rollback would have done', async () => {
    const system = new FakeSystem();
    system.script('execute issue', throwsBefore(refused));
    const call = {uses: 'fake/issue', on: 'fake', with: {note: 'as before'}};

    const {result} = await runFakeDrill(system, {
      drill: {shutdown: [step('revoke', {rollback: {kind: 'given', call, withinMs: 100, restarts: []}})]},
    });

    expect(result.left).toEqual([
      'Step `revoke`: do what `fake/issue` on connection `fake` does, with {"note":"as before"}, and see that it worked.',
    ]);
  });

  it('says which secret died with the process that knew it', async () => {
    const note = reference('capture.holdings.secret');
    const drill = {shutdown: [stopServer, step('revoke', {with: {note}})]};
    const plan = withRollback((input) => input as Readonly<Record<string, unknown>>);
    const {system, entries} = await cutOffBeforeRollback({drill, plan});

    const resumed = await resumeFakeRun(system, entries, {drill, plan});

    expect(resumed.all('rollback.failed')).toMatchObject([
      {
        step: 'revoke',
        code: 'failed:secret-lost',
        message: `Expected to know \`${note}\`, and it died with the process that captured it: secrets live in memory only.`,
      },
    ]);
    expect(resumed.all('rollback.succeeded').map(({step: id}) => id)).toEqual(['stop-server']);
  });

  it('waits for a server that answers within its time', async () => {
    const drill = {shutdown: [stopServer, step('revoke', {withinMs: 60_000})]};
    const {system, entries} = await cutOffBeforeRollback({drill});
    system.script('identify', throwsBefore(passing), 1);

    const resumed = await resumeFakeRun(system, entries, {drill});

    expect(resumed.all('rollback.succeeded').map(({step: id}) => id)).toEqual(['revoke', 'stop-server']);
  });

  it('waits for no server that it does not need', async () => {
    const drill = {shutdown: [step('revoke', {withinMs: 60_000})]};
    const {system, entries} = await cutOffBeforeRollback({drill});
    system.script('identify', throwsBefore(passing));

    const resumed = await resumeFakeRun(system, entries, {drill, plan: withoutConnection});

    expect(resumed.all('rollback.succeeded').map(({step: id}) => id)).toEqual(['revoke']);
  });
});

/** The plan, in which no rollback needs a connection. */
function withoutConnection(plan: Plan): Plan {
  const change = (planned: PlannedStep): PlannedStep => {
    if (planned.rollback.kind === 'none') return planned;
    const {rollback} = planned;
    return {...planned, rollback: {...rollback, call: {...rollback.call, on: undefined}}};
  };
  return {...plan, steps: plan.steps.map(change)};
}

type With = (input: unknown, state: unknown) => Readonly<Record<string, unknown>>;

/** The plan, in which the rollback of `revoke` is made by `make`, and `seen` hears what it is given. */
function withRollback(make: With, seen: (input: unknown) => void = () => undefined): (plan: Plan) => Plan {
  const change = (planned: PlannedStep): PlannedStep => {
    if (planned.rollback.kind !== 'own') return planned;
    const {call, rollback} = planned;
    const issue = rollback.call.operation;
    return {
      ...planned,
      call: {...call, operation: {...call.operation, rollback: {uses: 'fake/issue', with: make}}},
      rollback: {
        ...rollback,
        call: {
          ...rollback.call,
          operation: {
            ...issue,
            execute: (input, state, ctx) => {
              seen(input);
              return issue.execute(input, state, ctx);
            },
          },
        },
      },
    };
  };
  return (plan) => ({...plan, steps: plan.steps.map(change)});
}
