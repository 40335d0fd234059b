import {describe, expect, it} from 'vitest';
import type {Drill, Step} from '../../src/drill/drill.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {access, address, fakeDrill, planFakeDrill, reference, step, stopServer} from '../run/fake-drill.ts';

async function plan(changes: Partial<Drill> = {}, vars: Record<string, unknown> = {}): Promise<Plan> {
  const planned = await planFakeDrill(new FakeSystem(), fakeDrill(changes), {vars});
  if (!planned.ok) throw new Error(planned.error.map(({message}) => message).join('\n'));
  return planned.value;
}

async function problems(changes: Partial<Drill>, vars: Record<string, unknown> = {}) {
  const planned = await planFakeDrill(new FakeSystem(), fakeDrill(changes), {vars});
  return planned.ok ? [] : planned.error;
}

describe('plan/build-plan', () => {
  it('touches nothing while planning', async () => {
    const system = new FakeSystem();

    await planFakeDrill(system);

    expect(system.calls).toEqual([]);
  });

  it('covers every part of the drill', async () => {
    const {record, connections, captures, access: accesses, dependents, steps, audits} = await plan();

    expect(connections.map(({name}) => name)).toEqual(['fake']);
    expect(captures.map(({name}) => name)).toEqual(['holdings']);
    expect(accesses.map(({name, session}) => [name, session])).toEqual([
      ['new', 'new'],
      ['held', 'held'],
      ['server', 'new'],
    ]);
    expect(dependents.map(({name}) => name)).toEqual(['shop']);
    expect(steps.map(({id, rollback}) => [id, rollback.kind])).toEqual([
      ['stop-server', 'given'],
      ['revoke', 'own'],
    ]);
    expect(audits.map(({system}) => system)).toEqual(['fake']);
    expect(record.steps.map(({id, readBack, effect}) => [id, readBack, effect])).toEqual([
      ['stop-server', 'check', 'disables'],
      ['revoke', 'inspect', 'revokes'],
    ]);
    expect(record.scope).toEqual({fake: ['credentials/*']});
    const call = {uses: 'fake/log', on: 'fake', with: {}};
    const widened = await plan(
      {audit: {fake: {kind: 'source', call, scope: [`${reference('vars.team')}/*`, 'credentials/*']}}},
      {team: 'orders'},
    );
    expect(widened.record.scope).toEqual({fake: ['credentials/*', 'orders/*']});
  });

  it('resolves variables and leaves secrets and captures', async () => {
    const {connections, captures, record} = await plan(
      {
        connections: {fake: {driver: 'fake', with: {address: reference('vars.address')}}},
        capture: {holdings: {uses: 'fake/holdings', on: 'fake', with: {token: reference('secrets.token')}}},
      },
      {address},
    );

    expect(connections[0]?.template).toEqual({address});
    expect(captures[0]?.call.template).toEqual({token: reference('secrets.token')});
    expect(record.connections).toEqual({fake: {driver: 'fake', targets: [{kind: 'fake', address}]}});
  });

  it('reads back for as long as the drill says, or else as the action needs', async () => {
    const system = new FakeSystem();
    system.issuesWithinMs = 60_000;
    const withinOf = async (declared: Step) => {
      const planned = await planFakeDrill(system, fakeDrill({shutdown: [declared]}));
      if (!planned.ok) throw new Error('no plan');
      const [{withinMs, rollback} = {withinMs: 0, rollback: undefined}] = planned.value.record.steps;
      const [whole] = planned.value.steps;
      return [withinMs, Object(whole?.rollback).withinMs, Object(rollback).withinMs];
    };
    const {withinMs: _within, ...undeclared} = step('revoke');
    const call = {uses: 'fake/issue', on: 'fake', with: {}};
    const given = {kind: 'given', call, restarts: []} as const;

    expect(await withinOf(undeclared)).toEqual([10_000, 60_000, 60_000]);
    expect(await withinOf({...undeclared, rollback: given})).toEqual([10_000, 60_000, 60_000]);
    expect(await withinOf({...undeclared, rollback: {...given, withinMs: 500}})).toEqual([10_000, 500, 500]);
    expect(await withinOf({...undeclared, withinMs: 700})).toEqual([700, 700, undefined]);
    expect(await withinOf({...undeclared, withinMs: 700, rollback: given})).toEqual([700, 60_000, 60_000]);
  });

  it('names each target outside the guard, with its place', async () => {
    const outside = step('revoke', {with: {place: 'fake://production'}});

    const found = await problems({shutdown: [stopServer, outside]});

    expect(found).toEqual([
      {
        severity: 'error',
        code: 'guard-target',
        message:
          'Expected every target to stand in `guard.allow`, got `fake fake://production`. Add it there if this drill may touch it.',
        file: 'drill.yaml',
        line: 2,
        column: 3,
        length: 5,
        path: 'shutdown.1',
      },
    ]);
  });

  it('holds a given rollback against the guard', async () => {
    const rollback = {
      kind: 'given',
      call: {uses: 'fake/start', on: 'fake', with: {place: 'fake://production'}},
      withinMs: 100,
      restarts: [],
    } as const;

    const found = await problems({shutdown: [step('revoke', {rollback})]});

    expect(found.map(({path, line}) => [path, line])).toEqual([['shutdown.0.rollback', 3]]);
  });

  it('names a connection outside the guard once', async () => {
    const found = await problems({connections: {fake: {driver: 'fake', with: {address: 'fake://production'}}}});

    expect(found.map(({path}) => path)).toEqual(['connections.fake']);
  });

  it.each(['vars.place', 'env.PLACE'])(
    'holds nothing against the guard that %s may still name, and only then',
    async (name) => {
      const drill = fakeDrill({shutdown: [step('revoke', {with: {place: `fake://${reference(name)}`}})]});

      const unknown = await planFakeDrill(new FakeSystem(), drill, {vars: undefined, env: undefined});
      const known = await planFakeDrill(new FakeSystem(), drill, {vars: {}, env: {}});

      expect(unknown.ok).toBe(true);
      expect(known).toMatchObject({ok: false, error: [{code: 'guard-target'}]});
    },
  );

  it.each(['secrets.place', 'capture.holdings.place'])('lets no %s say what is touched', async (name) => {
    const drill = fakeDrill({shutdown: [step('revoke', {with: {place: `fake://${reference(name)}`}})]});

    const planned = await planFakeDrill(new FakeSystem(), drill, {vars: undefined, env: undefined});

    expect(planned).toMatchObject({ok: false, error: [{code: 'guard-target'}]});
  });

  it('finds every problem at once', async () => {
    const there = {place: 'fake://production'};

    const found = await problems({
      connections: {fake: {driver: 'fake', with: {address: 'fake://elsewhere'}}},
      shutdown: [step('revoke', {with: there}), step('again', {with: there})],
    });

    expect(found.map(({path}) => path)).toEqual(['connections.fake', 'shutdown.0', 'shutdown.1']);
  });

  it('takes variables in the guard', async () => {
    const {guard} = await plan(
      {guard: [{kind: 'fake', address: reference('vars.address'), cluster: 'fake-cluster'}]},
      {address},
    );

    expect(guard).toEqual([{kind: 'fake', address, cluster: 'fake-cluster'}]);
  });

  it.each([
    ['a capture', reference('capture.holdings.secret'), 'both'],
    ['a secret of a file', reference('secrets.file'), 'both'],
    ['a part of it from a capture', `x-${reference('capture.holdings.secret')}`, 'both'],
    ['a secret of the environment', reference('secrets.variable'), 'once'],
    ['the file itself', 'literal-secret', 'once'],
  ] as const)('judges an access with %s in %s', async (_name, secret, judged) => {
    const {access: accesses, record} = await plan({
      secrets: {file: {file: 'secret-id'}, variable: {env: 'TOKEN'}},
      access: {new: access('fake/credential', {with: {secret}})},
    });

    expect(accesses[0]?.judged).toBe(judged);
    expect(record.access.new?.judged).toBe(judged);
  });

  it('records whether a probe carries a credential or a budget', async () => {
    const {record} = await plan({access: {...fakeDrill().access, login: access('fake/login')}});

    expect(record.access.new).toMatchObject({carriesCredential: true, budgeted: false});
    expect(record.access.server).toMatchObject({carriesCredential: false, budgeted: false});
    expect(record.access.login).toMatchObject({carriesCredential: true, budgeted: true});
  });

  it('records what the drill can not prove', async () => {
    const doubts = [{code: 'some-doubt', message: 'Nothing shows it.', criterion: 'access-removed'}] as const;

    const doubted = await plan({doubts});
    const certain = await plan();

    expect(doubted.record.doubts).toEqual(doubts);
    expect(certain.record).not.toHaveProperty('doubts');
  });

  it('records blind systems with the reason', async () => {
    const {audits, record} = await plan({audit: {fake: {kind: 'blind', why: 'it keeps no record'}}});

    expect(audits).toEqual([]);
    expect(record.audit).toEqual({fake: {blind: 'it keeps no record'}});
  });

  it("gives an audit source its own system's identities", async () => {
    const approle = (name: string) => ({kind: 'fake', spec: {approle: name}});

    const {audits} = await plan({
      integration: {...fakeDrill().integration, identities: [approle('orders'), {kind: 'other', spec: {}}]},
      workloads: [approle('checkout')],
    });

    expect(audits[0]?.identities).toEqual([
      {role: 'integration', spec: {approle: 'orders'}},
      {role: 'workload', spec: {approle: 'checkout'}},
    ]);
  });
});
