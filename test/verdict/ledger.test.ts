import {describe, expect, it} from 'vitest';
import type {AuditEvent} from '../../src/contract/operation.ts';
import type {Entry, ProbeChange} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {beginOf, beginsPhase, change, entriesOf, insertAfter, replan, without} from './journals.ts';

const pass = entriesOf('pass');
const at = (phase: 'baseline' | 'shutdown' | 'settle' | 'rollback' | 'restored', ms = 0): number =>
  beginOf(pass, phase) + ms;
const iso = (time: number): string => new Date(time).toISOString();
const secretId = 'auth/approle/role/orders-mcp/secret-id';

function withEvents(entries: readonly Entry[], ...events: Partial<AuditEvent>[]): readonly Entry[] {
  const usual: AuditEvent = {
    time: iso(at('settle', 1000)),
    operation: 'update',
    path: secretId,
    actor: {kind: 'somebody'},
    effect: 'change',
    phase: 'settle',
  };
  const all = events.map((event) => ({...usual, ...event}));
  return change(
    entries,
    'audit.read',
    () => true,
    (data) => ({...data, knownBy: "the accessor in Vault's audit log", events: all}),
  );
}

function changed(to: 'allowed' | 'denied' | 'unreachable', sentAt: number): {type: 'probe.changed'; data: ProbeChange} {
  const data: ProbeChange = {
    probe: 'checkout',
    role: 'dependent',
    generation: 1,
    phase: 'settle',
    to,
    code: '200',
    sentAt,
    receivedAt: sentAt + 5,
  };
  return {type: 'probe.changed', data};
}

/** `checkout` is down for so long, from one second after settle began. */
function withOutage(entries: readonly Entry[], ms: number): readonly Entry[] {
  const back = insertAfter(
    entries,
    'phase.started',
    beginsPhase('settle'),
    changed('allowed', at('settle', 1000 + ms)),
  );
  return insertAfter(back, 'phase.started', beginsPhase('settle'), changed('unreachable', at('settle', 1000)));
}

function withRestart(when: number): readonly Entry[] {
  const data = {probe: 'checkout', from: 'a', to: 'b', at: when};
  return insertAfter(pass, 'phase.started', beginsPhase('settle'), {type: 'probe.instance', data});
}

const declaration = {by: 'Ana', reason: 'Pasted the new secret-id.', at: at('settle', 500)};
const declared = insertAfter(pass, 'phase.started', beginsPhase('settle'), {
  type: 'intervention.declared',
  data: declaration,
});

describe('verdict/ledger', () => {
  it('tells how long it took to come back where nobody helped', () => {
    const {manualRecovery, access} = judge(pass);
    const last = Math.max(
      ...pass.flatMap((entry) =>
        entry.type === 'probe.changed' && entry.data.role === 'access' && entry.data.to === 'allowed'
          ? [entry.data.receivedAt]
          : [],
      ),
    );

    expect(Object.values(access).length).toBeGreaterThan(0);
    expect(manualRecovery).toMatchObject({state: 'none', events: [], declared: [], timeline: []});
    expect(manualRecovery.recoveredAfterMs).toBe(Math.round(last - at('rollback')));
  });

  it('tells no such time where somebody helped, or something did not come back', () => {
    const dead = change(
      pass,
      'probe.changed',
      ({probe, generation, to}) => probe === 'token' && generation === 2 && to === 'allowed',
      (data) => ({...data, to: 'denied'}),
    );
    const down = insertAfter(pass, 'phase.started', beginsPhase('settle'), changed('unreachable', at('settle')));

    for (const entries of [withEvents(pass, {}), declared, dead, down])
      expect(judge(entries).manualRecovery.recoveredAfterMs).toBeNull();
  });

  it('tells who did what, when, where, and by what that is known', () => {
    const event = {accessor: 'hmac-sha256:a', displayName: 'token-ana', remoteAddress: '10.0.0.1'};

    expect(judge(withEvents(pass, event)).manualRecovery.events).toEqual([
      {
        system: 'vault',
        time: iso(at('settle', 1000)),
        operation: 'update',
        path: secretId,
        effect: 'change',
        phase: 'settle',
        ...event,
        knownBy: "the accessor in Vault's audit log",
        followedBy: [],
      },
    ]);
  });

  it('names the dependent that was down then and came back after it', () => {
    const during = judge(withEvents(withOutage(pass, 2000), {time: iso(at('settle', 1500))}));
    const before = judge(withEvents(withOutage(pass, 2000), {time: iso(at('settle', 999))}));
    const after = judge(withEvents(withOutage(pass, 2000), {time: iso(at('settle', 3005))}));

    expect(during.manualRecovery.events[0]?.followedBy).toEqual([{dependent: 'checkout', afterMs: 1505}]);
    for (const {manualRecovery} of [before, after]) expect(manualRecovery.events[0]?.followedBy).toEqual([]);
  });

  it('takes the time of a system by its own clock, where it is off by a second or more', () => {
    const skewed = (skewMs: number) =>
      judge(
        change(
          withEvents(withOutage(pass, 2000), {time: iso(at('settle', 1500) + skewMs)}),
          'preflight.checked',
          ({connection}) => connection === 'vault',
          (data) => ({...data, skewMs}),
        ),
      ).manualRecovery.events[0]?.followedBy;

    expect(skewed(45_000)).toEqual([{dependent: 'checkout', afterMs: 1505}]);
    expect(skewed(-45_000)).toEqual([{dependent: 'checkout', afterMs: 1505}]);
    expect(skewed(1000)).toEqual([{dependent: 'checkout', afterMs: 1505}]);
    expect(skewed(400)).toEqual([{dependent: 'checkout', afterMs: 1105}]);
  });

  it('puts what others did beside what dependents went through, in order', () => {
    const entries = insertAfter(
      withEvents(withOutage(pass, 2000), {time: iso(at('settle', 1500))}),
      'phase.started',
      beginsPhase('settle'),
      {type: 'intervention.declared', data: {...declaration, at: at('settle', 1200)}},
    );

    expect(judge(entries).manualRecovery.timeline).toEqual([
      {at: iso(at('settle', 1000)), kind: 'down', subject: 'checkout', what: 'stopped working'},
      {at: iso(at('settle', 1200)), kind: 'declared', subject: 'Ana', what: 'Pasted the new secret-id.'},
      {at: iso(at('settle', 1500)), kind: 'somebody', subject: 'vault', what: `update ${secretId}`},
      {at: iso(at('settle', 3005)), kind: 'recovered', subject: 'checkout', what: 'works again'},
    ]);
  });

  it('fails on what somebody declared', () => {
    const {criteria, manualRecovery, exitCode} = judge(declared);

    expect(exitCode).toBe(1);
    expect(criteria['no-manual-recovery']).toEqual({
      state: 'unmet',
      reasons: [`Ana declared at ${iso(declaration.at)} to have helped: Pasted the new secret-id.`],
    });
    expect(manualRecovery).toMatchObject({
      state: 'declared',
      events: [],
      declared: [{by: 'Ana', reason: declaration.reason, at: iso(declaration.at), reportedAt: iso(at('settle'))}],
    });
  });

  it('says more of what was found than of what was declared', () => {
    expect(judge(withEvents(declared, {})).manualRecovery).toMatchObject({
      state: 'detected',
      events: [{path: secretId}],
      declared: [{by: 'Ana'}],
    });
  });

  it('keeps what was declared of a run that changed nothing', () => {
    const entries = insertAfter(entriesOf('until-baseline'), 'phase.started', beginsPhase('baseline'), {
      type: 'intervention.declared',
      data: declaration,
    });

    expect(judge(entries).manualRecovery).toMatchObject({state: 'unproven', declared: [{by: 'Ana'}]});
  });

  it('takes a restart that no step allows for an intervention', () => {
    const when = at('settle', 700);
    const {criteria, manualRecovery} = judge(withRestart(when));

    expect(criteria['no-manual-recovery']).toEqual({
      state: 'unmet',
      reasons: [`\`checkout\` was restarted at ${iso(when)}, by nothing that the run did.`],
    });
    expect(manualRecovery.state).toBe('detected');
    expect(manualRecovery.events).toEqual([
      {
        system: 'checkout',
        time: iso(when),
        operation: 'restart',
        path: 'json.startedAt',
        effect: 'restart',
        phase: 'settle',
        knownBy: 'the process that answers, which was another one; not who started it',
        followedBy: [],
      },
    ]);
    expect(manualRecovery.timeline).toEqual([
      {at: iso(when), kind: 'restarted', subject: 'checkout', what: 'by nothing that the run did'},
    ]);
  });

  it('takes no restart for one that a step allows, or that came before the first step', () => {
    const allowed = replan(withRestart(at('settle')), (plan) => ({
      ...plan,
      steps: plan.steps.map((step, index) => (index === 0 ? {...step, restarts: ['checkout']} : step)),
    }));

    for (const entries of [allowed, withRestart(at('shutdown', -1))])
      expect(judge(entries).manualRecovery).toMatchObject({state: 'none', events: []});
  });

  it('lists what others read and were refused in scope, and does not fail on it', () => {
    const mine = {actor: {kind: 'workload', name: 'checkout'}} as const;
    const {criteria, manualRecovery} = judge(
      withEvents(
        pass,
        {effect: 'read', operation: 'read'},
        {effect: 'refused', phase: 'rollback'},
        {effect: 'read', path: 'kv/data/other'},
        {effect: 'refused', path: 'kv/data/other'},
        {effect: 'read', phase: 'baseline'},
        {effect: 'read', ...mine},
      ),
    );

    expect(criteria['no-manual-recovery'].state).toBe('met');
    expect(manualRecovery).toMatchObject({
      state: 'none',
      events: [],
      witnessed: [{operation: 'read', path: secretId, phase: 'settle'}],
      refused: [{operation: 'update', path: secretId, phase: 'rollback'}],
    });
    expect([manualRecovery.witnessed.length, manualRecovery.refused.length]).toEqual([1, 1]);
  });

  it('fails on steps that people did, and tells how much of it there was', () => {
    const confirmed = (ms: number) =>
      ({
        type: 'manual.confirmed',
        data: {
          operation: 'manual/confirm',
          instruction: 'Switch it off.',
          by: 'Ana',
          tookMs: 1500,
          at: at('settle', ms),
        },
      }) as const;
    const once = insertAfter(pass, 'phase.started', beginsPhase('settle'), confirmed(0));
    const twice = insertAfter(once, 'phase.started', beginsPhase('rollback'), confirmed(9000));
    const reasonOf = (entries: readonly Entry[]) => judge(entries).criteria['no-manual-recovery'];

    expect(reasonOf(once)).toEqual({
      state: 'unmet',
      reasons: ['It passes only with 1 manual step: step `end-sessions` by Ana in 1.5s.'],
    });
    expect(reasonOf(twice).reasons[0]).toMatch(
      /^It passes only with 2 manual steps: step `end-sessions` by Ana in 1\.5s, /,
    );
    expect(judge(once).manualRecovery).toMatchObject({
      state: 'declared',
      recoveredAfterMs: null,
      manualSteps: [
        {step: 'step `end-sessions`', instruction: 'Switch it off.', by: 'Ana', at: iso(at('settle')), tookMs: 1500},
      ],
      timeline: [{at: iso(at('settle')), kind: 'manual-step', subject: 'Ana', what: 'Switch it off.'}],
    });
  });

  it('tells no more of an event than its record', () => {
    const entries = change(
      withEvents(pass, {}),
      'audit.read',
      () => true,
      ({knownBy: _known, ...data}) => data,
    );

    expect(Object.keys(judge(entries).manualRecovery.events[0] ?? {})).toEqual([
      'system',
      'time',
      'operation',
      'path',
      'effect',
      'phase',
      'followedBy',
    ]);
  });

  it('ends a sentence that somebody did not end', () => {
    const entries = change(
      declared,
      'intervention.declared',
      () => true,
      (data) => ({...data, reason: 'Restarted it'}),
    );

    expect(judge(entries).criteria['no-manual-recovery'].reasons[0]).toMatch(/ to have helped: Restarted it\.$/);
  });

  it('names no step for what was done before the first one', () => {
    const entries = insertAfter(pass, 'phase.started', beginsPhase('baseline'), {
      type: 'manual.confirmed',
      data: {operation: 'manual/confirm', instruction: 'x', by: 'Ana', tookMs: 1, at: at('baseline')},
    });

    expect(judge(entries).manualRecovery.manualSteps).toMatchObject([{step: '', by: 'Ana'}]);
  });

  it('counts a restart from the very beginning of shutdown, in the phase that had begun', () => {
    const found = (when: number) => judge(withRestart(when)).manualRecovery.events.map(({phase}) => phase);

    expect([found(at('shutdown')), found(at('settle')), found(at('settle', -1))]).toEqual([
      ['shutdown'],
      ['settle'],
      ['shutdown'],
    ]);
  });

  it('tells what a restart was followed by, and an event at the very beginning of an outage', () => {
    const data = {probe: 'assistant', from: 'a', to: 'b', at: at('settle', 1500)};
    const restarted = insertAfter(withOutage(pass, 2000), 'phase.started', beginsPhase('settle'), {
      type: 'probe.instance',
      data,
    });
    const atOnce = withEvents(withOutage(pass, 2000), {time: iso(at('settle', 1000))});

    expect(judge(restarted).manualRecovery.events[0]?.followedBy).toEqual([{dependent: 'checkout', afterMs: 1505}]);
    expect(judge(atOnce).manualRecovery.events[0]?.followedBy).toEqual([{dependent: 'checkout', afterMs: 2005}]);
  });

  it('takes the clock of the system itself, and none where that was not asked', () => {
    const everywhere = replan(withOutage(pass, 2000), (plan) => ({...plan, scope: {}}));
    const by = (system: string) =>
      judge(
        change(
          change(
            withEvents(everywhere, {time: iso(at('settle', 1500) + 45_000)}),
            'preflight.checked',
            ({connection}) => connection === 'shop',
            (data) => ({...data, skewMs: 45_000}),
          ),
          'audit.read',
          () => true,
          (data) => ({...data, system}),
        ),
      ).manualRecovery.events[0]?.followedBy;

    expect(by('shop')).toEqual([{dependent: 'checkout', afterMs: 1505}]);
    expect(by('elsewhere')).toEqual([]);
  });

  it('tells how long it took where a dependent came back too, and nothing of a run without an end', () => {
    const late = insertAfter(
      pass,
      'phase.started',
      beginsPhase('restored'),
      changed('allowed', at('restored', 60_000)),
    );
    const outage = insertAfter(late, 'phase.started', beginsPhase('restored'), changed('denied', at('restored', 1)));
    const after = at('restored', 60_005) - at('rollback');

    expect(judge(outage).manualRecovery.recoveredAfterMs).toBe(Math.round(after));
    for (const phase of ['rollback', 'audit'] as const) {
      const cut = without(pass, 'phase.started', beginsPhase(phase));
      expect(judge(cut).manualRecovery.recoveredAfterMs).toBeNull();
    }
  });

  it('keeps what a step allows for the restart that it allows', () => {
    const [first] = pass.flatMap((entry) => (entry.type === 'step.started' ? [entry.data.at] : []));
    const restart = (when: number) => ({probe: 'checkout', from: 'a', to: 'b', at: when});
    const allowing = replan(pass, (plan) => ({
      ...plan,
      steps: plan.steps.map((step, index) => (index === 0 ? {...step, restarts: ['checkout']} : step)),
    }));
    const twice = [at('settle', 5), at('shutdown')].reduce(
      (entries, when) =>
        insertAfter(entries, 'phase.started', beginsPhase('settle'), {type: 'probe.instance', data: restart(when)}),
      allowing,
    );

    expect(first).toBeGreaterThan(at('shutdown'));
    expect(judge(twice).manualRecovery.events.map(({time}) => time)).toEqual([iso(at('shutdown'))]);
  });
});
