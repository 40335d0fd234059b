import {describe, expect, it} from 'vitest';
import type {Session} from '../../src/contract/driver.ts';
import {DriverError} from '../../src/contract/driver-error.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {answers, FakeSystem, throwsBefore} from '../fixtures/drivers/fake-system.ts';
import {access, address, reference, step, stopServer} from './fake-drill.ts';
import {cutOffBeforeRollback, restoreFakeStaging, resumeFakeRun} from './resume-fake-run.ts';
import {runFakeDrill} from './run-fake-drill.ts';

const nobody = new DriverError('Expected an answer, got none.', {code: 'unreachable', retryable: true});
const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden', detail: '403'});
const locked = new DriverError('Expected no other run, and `other` goes on.', {code: 'conflict', detail: 'locked'});

const notConnected = {where: 'guard', code: 'unreachable', message: `Connection \`fake\`: ${nobody.message}`};

/** Its rollback of `revoke` waits for a server until that answers. */
const patient = {shutdown: [stopServer, step('revoke', {withinMs: 60_000})]};

/** Its rollback of `revoke` waits so long for a server that others are asked more than once. */
const hasty = {shutdown: [stopServer, step('revoke', {withinMs: 700})]};

describe('run/reconnect', () => {
  it('asks what needs no secret, and nothing else', async () => {
    const {system, entries} = await cutOffBeforeRollback();

    const resumed = await resumeFakeRun(system, entries);

    const first = resumed.all('probe.started').filter(({generation}) => generation === 1);
    expect(first.map(({probe}) => probe)).toEqual(['shop', 'server']);
    expect(resumed.all('trouble')).toEqual([]);
  });

  it('asks nothing where nothing has to be brought back', async () => {
    const system = new FakeSystem();
    const {entries} = await runFakeDrill(system, {until: 'baseline'});

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.resumed).toBe(true);
    expect(resumed.all('probe.started')).toEqual([]);
  });

  it('says which probe it can not ask', async () => {
    const given = {uses: 'fake/credential', with: {secret: reference('capture.holdings.secret')}};
    const drill = {
      dependents: {
        shop: {...access('fake/serve'), availability: 0},
        login: {...access('fake/credential'), ...given, availability: 0},
      },
    };
    const {system, entries} = await cutOffBeforeRollback({drill});

    const resumed = await resumeFakeRun(system, entries, {drill});

    expect(resumed.all('trouble')).toEqual([
      {
        where: 'probe login',
        code: 'error',
        message: `\`${reference('capture.holdings.secret')}\` of generation 1 is not known`,
      },
    ]);
  });

  it('changes nothing where it is interrupted before', async () => {
    const {system, entries} = await cutOffBeforeRollback();

    const resumed = await resumeFakeRun(system, entries, {
      onSystemCall: (place, interruption) => {
        if (place === 'identify') interruption.interrupt('SIGINT');
      },
    });

    expect(resumed.resumed).toBe(false);
    expect(resumed.all('resume.failed')).toEqual([
      {refused: false, problems: [{code: 'interrupted', message: 'Interrupted before anything was changed.'}]},
    ]);
    expect(system.calls).toEqual(['identify', 'close']);
  });

  it('goes on without a credential of its own where it gets none', async () => {
    const {system, entries} = await cutOffBeforeRollback();
    system.script('begin', throwsBefore(refused));

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.resumed).toBe(true);
    expect(resumed.all('trouble')).toEqual([
      {where: 'preflight', code: 'forbidden:403', message: `Connection \`fake\`: ${refused.message}`},
    ]);
    expect(resumed.all('rollback.succeeded')).toHaveLength(2);
  });

  it('goes on though an audit source does not answer', async () => {
    const {system, entries} = await cutOffBeforeRollback();
    system.script('check audit', throwsBefore(refused));

    const resumed = await resumeFakeRun(system, entries);

    expect(resumed.all('trouble')).toEqual([
      {where: 'audit source of fake', code: 'forbidden:403', message: refused.message},
    ]);
    expect(resumed.all('rollback.succeeded')).toHaveLength(2);
  });

  it('checks an audit source on its own connection only', async () => {
    const connection = {driver: 'fake', with: {address}};
    const drill = {connections: {fake: connection, other: connection}};
    const {system, entries} = await cutOffBeforeRollback({drill});

    await resumeFakeRun(system, entries, {drill});

    expect(system.count('check audit')).toBe(1);
  });

  it('asks no server twice that has answered', async () => {
    const {system, entries} = await cutOffBeforeRollback({drill: patient});
    system.script('execute issue', throwsBefore(nobody), 2);

    const resumed = await resumeFakeRun(system, entries, {drill: patient});

    expect(resumed.all('rollback.succeeded')).toHaveLength(2);
    expect(system.count('identify')).toBe(1);
  });

  it('clears nothing where a system knows of nothing left', async () => {
    const {system, entries} = await cutOffBeforeRollback();

    const resumed = await resumeFakeRun(system, entries, {plan: withSession(({endEarlier: _, ...rest}) => rest)});

    expect(resumed.all('connection.cleared')).toEqual([]);
    expect(resumed.all('trouble')).toEqual([]);
  });

  it('takes nothing for left over where it knows of no run', async () => {
    const system = new FakeSystem();
    system.revoke();
    system.script('identify', throwsBefore(nobody), 1);

    const restored = await restoreFakeStaging(system, {drill: patient});

    expect(restored.all('rollback.succeeded').map((entry) => entry.step)).toContain('revoke');
    expect(system.count('end earlier')).toBe(0);
  });

  it('asks what needs no secret where it knows of no run', async () => {
    const system = new FakeSystem();
    system.revoke();

    const restored = await restoreFakeStaging(system);

    const first = restored.all('probe.started').filter(({generation}) => generation === 1);
    expect(first.map(({probe}) => probe)).toEqual(['shop', 'server']);
  });
});

describe('run/reconnect with a server that answers late', () => {
  it('works there as on any other', async () => {
    const {system, entries} = await cutOffBeforeRollback({drill: patient});
    system.tokens.add('token of a process that is gone');
    system.script('identify', throwsBefore(nobody), 1);

    const resumed = await resumeFakeRun(system, entries, {drill: patient});

    expect(resumed.all('trouble')).toEqual([notConnected]);
    expect(resumed.all('connection.began')).toHaveLength(1);
    expect(resumed.all('connection.cleared')).toEqual([{connection: 'fake'}]);
    expect(system.tokens.size).toBe(0);
  });

  it('touches it no more where it is another one', async () => {
    const {system, entries} = await cutOffBeforeRollback({drill: hasty});
    system.script('identify', throwsBefore(nobody), 1);
    system.script('identify', answers({cluster: 'production'}));

    const resumed = await resumeFakeRun(system, entries, {drill: hasty});

    expect(resumed.all('trouble').slice(0, 2)).toEqual([
      notConnected,
      {where: 'guard', code: 'guard-identity', message: expect.stringContaining('it says it is `production`')},
    ]);
    expect(system.calls).toEqual(['identify', 'close', 'identify', 'close']);
  });

  it('leaves it where another run works there', async () => {
    const {system, entries} = await cutOffBeforeRollback({drill: hasty});
    system.script('identify', throwsBefore(nobody), 1);
    system.script('begin', throwsBefore(locked));

    const resumed = await resumeFakeRun(system, entries, {drill: hasty});

    expect(resumed.all('trouble').slice(0, 2)).toEqual([
      notConnected,
      {where: 'preflight', code: 'unfinished-run', message: `Connection \`fake\`: ${locked.message}`},
    ]);
    expect(resumed.all('rollback.failed').map(({code}) => code)).toEqual(Array(2).fill('unreachable:not-connected'));
    expect(system.calls).toEqual(['identify', 'close', 'identify', 'begin', 'end', 'close']);
  });

  it('lets nothing be done there before it knows of no other run', async () => {
    const {system, entries} = await cutOffBeforeRollback({drill: hasty});
    let tell: () => void = () => undefined;
    const given = new Promise<void>((resolve) => {
      tell = resolve;
    });
    system.script('identify', throwsBefore(nobody), 1);
    system.script('begin', async () => {
      await given;
      throw locked;
    });

    const resumed = await resumeFakeRun(system, entries, {
      drill: hasty,
      onEvent: ({type}) => {
        if (type === 'rollback.failed') tell();
      },
    });

    expect(resumed.all('rollback.failed').map(({code}) => code)).toEqual(Array(2).fill('unreachable:not-connected'));
    expect(system.count('execute')).toBe(0);
  });

  it('says what it can not close there', async () => {
    const {system, entries} = await cutOffBeforeRollback({drill: hasty});
    system.script('identify', throwsBefore(nobody), 1);
    system.script('begin', throwsBefore(locked));
    system.script('end', throwsBefore(refused));
    system.script('close', throwsBefore(refused));

    const resumed = await resumeFakeRun(system, entries, {drill: hasty});

    expect(resumed.all('trouble')).toContainEqual({where: 'clean-up', code: 'forbidden:403', message: refused.message});
  });

  it('says what it can not end there', async () => {
    const {system, entries} = await cutOffBeforeRollback({drill: hasty});
    system.script('identify', throwsBefore(nobody), 1);
    system.script('begin', throwsBefore(locked));
    system.script('end', throwsBefore(refused));

    const resumed = await resumeFakeRun(system, entries, {drill: hasty});

    expect(resumed.all('trouble')).toContainEqual({
      where: "end of the run's credential on fake",
      code: 'forbidden:403',
      message: refused.message,
    });
  });

  it('leaves one that gives no credential', async () => {
    const {system, entries} = await cutOffBeforeRollback({drill: hasty});
    system.script('identify', throwsBefore(nobody), 1);
    system.script('begin', throwsBefore(locked));

    const resumed = await resumeFakeRun(system, entries, {
      drill: hasty,
      plan: withSession(({end: _, ...rest}) => rest),
    });

    expect(resumed.all('trouble').map(({where}) => where)).not.toContain("end of the run's credential on fake");
    expect(system.calls.at(-1)).toBe('close');
  });

  it('ends with no call of its own under way', async () => {
    const {system, entries} = await cutOffBeforeRollback({drill: hasty});
    let answer: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      answer = resolve;
    });
    system.script('identify', throwsBefore(nobody), 1);
    system.script('identify', async (effect) => {
      await late;
      return effect();
    });

    const resumed = await resumeFakeRun(system, entries, {
      drill: hasty,
      onEvent: ({type}) => {
        if (type === 'audit.failed') setImmediate(answer);
      },
    });

    expect(resumed.all('connection.ended')).toEqual([{connection: 'fake'}]);
    expect(system.calls.at(-1)).toBe('close');
  });
});

/** The plan, in which each session is made into another one. */
function withSession(change: (session: Session) => Session): (plan: Plan) => Plan {
  return (plan) => ({
    ...plan,
    connections: plan.connections.map((planned) => ({
      ...planned,
      connection: {
        ...planned.connection,
        open: async (...given) => change(await planned.connection.open(...given)),
      },
    })),
  });
}
