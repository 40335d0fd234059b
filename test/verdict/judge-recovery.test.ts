import {describe, expect, it} from 'vitest';
import type {AuditEvent} from '../../src/contract/operation.ts';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {beginOf, beginsPhase, change, entriesOf, find, insertAfter, replan, without} from './journals.ts';

const pass = entriesOf('pass');
const byHand: AuditEvent = {
  time: '2026-01-01T00:00:00Z',
  operation: 'update',
  path: 'auth/approle/role/orders-mcp/secret-id',
  accessor: 'hmac-sha256:abc',
  displayName: 'token-somebody',
  actor: {kind: 'somebody'},
  effect: 'change',
  phase: 'rollback',
};

function withEvent(event: Partial<AuditEvent>): readonly Entry[] {
  return change(
    pass,
    'audit.read',
    () => true,
    (data) => ({...data, events: [{...byHand, ...event}]}),
  );
}

const judged = (entries: readonly Entry[]) => {
  const {criteria, manualRecovery} = judge(entries);
  return {...criteria['no-manual-recovery'], recovery: manualRecovery.state, events: manualRecovery.events.length};
};

/** Its tool is asked which process answers. */
const watching = replan(pass, (plan) => {
  const {tool, ...others} = plan.access;
  if (tool === undefined) throw new Error('no tool');
  return {...plan, access: {tool: {...tool, instance: 'result._meta.startedAt'}, ...others}};
});
const telling = change(
  watching,
  'probe.summary',
  ({probe}) => probe === 'tool',
  (data) => ({...data, instanceSeen: true}),
);

describe('verdict/judge-recovery', () => {
  it('finds nobody where the record holds nobody', () => {
    expect(judged(pass)).toMatchObject({state: 'met', recovery: 'none'});
    const read = find(pass, 'audit.read');

    expect(judge(pass).manualRecovery).toEqual({
      state: 'none',
      events: [],
      declared: [],
      manualSteps: [],
      witnessed: [],
      refused: [],
      recoveredAfterMs: expect.any(Number),
      timeline: [],
      blind: [
        {system: 'shop', why: 'this PostgreSQL keeps no statement log'},
        {system: 'command', why: 'who starts processes on this host is not recorded'},
      ],
      audited: [{system: 'vault', entries: read.entries, completeTo: read.completeTo}],
    });
  });

  it.each(['shutdown', 'settle', 'rollback', 'restored', 'audit'])("detects somebody's change in %s", (phase) => {
    const found = judged(withEvent({phase}));

    expect(found).toMatchObject({state: 'unmet', recovery: 'detected', events: 1});
    expect(found.reasons[0]).toBe(
      `Somebody's change in \`vault\` during ${phase}: update \`auth/approle/role/orders-mcp/secret-id\` at 2026-01-01T00:00:00Z by accessor \`hmac-sha256:abc\`.`,
    );
  });

  it('tells each event as the record has it', () => {
    const {effect, ...event} = {...byHand, system: 'vault'};
    const {actor: _actor, ...told} = event;
    const anonymous = change(
      pass,
      'audit.read',
      () => true,
      (data) => {
        const {accessor: _accessor, displayName: _name, ...unnamed} = byHand;
        return {...data, events: [unnamed]};
      },
    );
    const {accessor: _accessor, displayName: _name, ...unnamed} = told;

    expect(judge(withEvent({})).manualRecovery.events).toEqual([{...told, effect, followedBy: []}]);
    expect(judge(anonymous).manualRecovery.events).toEqual([{...unnamed, effect, followedBy: []}]);
    expect(judged(anonymous).reasons[0]).toMatch(/ at 2026-01-01T00:00:00Z\.$/);
  });

  it('is unproven until the moment at which a run was resumed', () => {
    const resumed = {type: 'run.resumed', data: {tool: '0', node: 'v24', at: 0}} as const;
    const entries = insertAfter(pass, 'phase.started', beginsPhase('settle'), resumed);
    const at = new Date(beginOf(pass, 'settle')).toISOString();

    expect(judged(entries)).toMatchObject({
      state: 'unproven',
      recovery: 'unproven',
      reasons: [`Nobody watched until ${at}, when the run was resumed.`],
    });
  });

  it('is unproven where nothing was changed', () => {
    const {criteria, manualRecovery} = judge(entriesOf('until-baseline'));

    expect(criteria['no-manual-recovery'].reasons).toEqual(['The run ended before anything was changed.']);
    expect(manualRecovery).toMatchObject({state: 'unproven', events: []});
  });

  it('is unproven without a credential of its own', () => {
    const entries = without(pass, 'connection.began');
    const other = {type: 'connection.began', data: {connection: 'shop', facts: {}}} as const;
    const elsewhere = insertAfter(entries, 'phase.started', beginsPhase('capture'), other);

    for (const each of [entries, elsewhere]) {
      expect(judged(each).reasons).toEqual([
        "The run had no credential of its own on `vault`, so nothing tells its doing from others'.",
      ]);
    }
  });

  it('takes a dot in the scope for a dot', () => {
    const dotted = (path: string) =>
      judged(replan(withEvent({path}), (plan) => ({...plan, scope: {vault: ['kv/a.b*']}}))).state;

    expect([dotted('kv/a.bc'), dotted('kv/axbc'), dotted('x/kv/a.b')]).toEqual(['unmet', 'met', 'met']);
  });

  it('lets be what somebody did before the first step', () => {
    expect(judged(withEvent({phase: 'baseline'}))).toMatchObject({state: 'met', events: 0});
  });

  it('detects a read that handed something out', () => {
    const found = judged(withEvent({operation: 'read', path: 'database/creds/orders-mcp', effect: 'hand-out'}));

    expect(found).toMatchObject({state: 'unmet', recovery: 'detected'});
  });

  it.each([
    'auth/approle/role/orders-mcp',
    'auth/approle/role/orders-mcp/policies',
    'auth/token/create',
    'auth/token/create-orphan',
    'sys/policies/acl/orders-mcp',
    'sys/policy/orders-mcp',
    'sys/leases/renew',
    'identity/entity/id/1',
    'database/roles/orders-mcp',
    'database/config/shop',
    'sys/auth/approle/tune',
    'sys/audit/main',
  ])('counts %s as in scope', (path) => {
    expect(judged(withEvent({path})).state).toBe('unmet');
  });

  it.each([
    'auth/approle/role/checkout/secret-id',
    'auth/approle/role/orders-mcp-2/secret-id',
    'secret/data/unrelated',
    'database/roles/checkout',
  ])('counts %s as out of scope', (path) => {
    expect(judged(withEvent({path})).state).toBe('met');
  });

  it('lets declared workloads and the run do what they do', () => {
    expect(judged(withEvent({actor: {kind: 'workload', name: 'checkout'}})).state).toBe('met');
    expect(judged(withEvent({actor: {kind: 'run'}})).state).toBe('met');
  });

  it('exempts the integration for logging in, renewing and reading its own, not for changes', () => {
    const actor = {kind: 'integration' as const, name: 'orders-mcp'};

    for (const effect of ['login', 'renewal', 'hand-out', 'use'] as const) {
      expect(judged(withEvent({actor, effect, phase: 'restored'})).state, effect).toBe('met');
    }
    expect(judged(withEvent({actor, effect: 'change', phase: 'restored'})).state).toBe('unmet');
  });

  it('lists what was refused and does not fail for it', () => {
    expect(judged(withEvent({effect: 'refused'}))).toMatchObject({state: 'met', events: 0});
  });

  it('is unproven where the record is not complete', () => {
    const incomplete = change(
      pass,
      'audit.read',
      () => true,
      ({completeTo: _completeTo, ...data}) => data,
    );
    const withGap = change(
      pass,
      'audit.read',
      () => true,
      (data) => ({...data, gaps: ['a line could not be read']}),
    );

    expect(judged(incomplete)).toMatchObject({state: 'unproven', recovery: 'unproven'});
    expect(judged(incomplete).reasons).toEqual([
      "The audit record of `vault` is not complete: the run's own last event was not seen in it.",
    ]);
    expect(judged(withGap).reasons).toEqual(['The audit record of `vault` is not complete: a line could not be read.']);
  });

  it('is unproven where a source could not be read, or was not', () => {
    const failed = insertAfter(without(pass, 'audit.read'), 'phase.started', ({phase}) => phase === 'audit', {
      type: 'audit.failed',
      data: {system: 'vault', code: 'failed', message: 'Expected the log, got none.'},
    });

    expect(judged(failed)).toMatchObject({
      state: 'unproven',
      recovery: 'unproven',
      reasons: ['The audit source of `vault` could not be read: Expected the log, got none.'],
    });
    expect(judged(without(pass, 'audit.read')).reasons).toEqual(['The audit source of `vault` was not read.']);
  });

  it('is unproven where nobody records anything', () => {
    const blind = change(
      without(pass, 'audit.read'),
      'run.planned',
      () => true,
      (plan) => ({...plan, audit: {vault: {blind: 'no device'}, shop: {blind: 'no log'}}}),
    );

    expect(judged(blind)).toMatchObject({
      state: 'unproven',
      recovery: 'unproven',
      reasons: ['No audit source is declared, so nobody recorded who changed what.'],
    });
    expect(judge(blind).verdict).toBe('inconclusive');
  });

  it('is unproven where a phase could not be marked in the record', () => {
    const entries = insertAfter(pass, 'phase.started', ({phase}) => phase === 'rollback', {
      type: 'trouble',
      data: {where: 'mark rollback on vault', code: 'timeout', message: 'Expected an answer, got none.'},
    });
    const elsewhere = insertAfter(pass, 'phase.started', ({phase}) => phase === 'rollback', {
      type: 'trouble',
      data: {where: 'guard', code: 'timeout', message: 'Expected an answer, got none.'},
    });

    expect(judged(entries).reasons).toEqual([
      'The phases could not be marked in the audit record (mark rollback on vault).',
    ]);
    expect(judged(elsewhere).state).toBe('met');
  });

  it('tells nothing that the record does not tell', () => {
    const silent = change(
      pass,
      'audit.read',
      () => true,
      ({completeTo: _completeTo, ...data}) => {
        const {accessor: _accessor, displayName: _name, ...unnamed} = byHand;
        return {...data, events: [unnamed]};
      },
    );
    const {events, audited} = judge(silent).manualRecovery;

    expect(events.flatMap(Object.keys)).not.toContain('accessor');
    expect(events.flatMap(Object.keys)).not.toContain('displayName');
    expect(audited?.flatMap(Object.keys)).toEqual(['system', 'entries']);
  });

  it('calls an integration without a name unnamed, and a person no integration', () => {
    const used = (actor: AuditEvent['actor']) =>
      judge(withEvent({actor, effect: 'use', phase: 'settle'})).criteria['access-removed'];

    expect(used({kind: 'integration'}).reasons[0]).toMatch(/^The integration \(`unnamed`\) was served/);
    expect(used({kind: 'somebody'}).state).toBe('met');
  });

  it('holds each source to its own record', () => {
    const two = replan(pass, (plan) => ({...plan, audit: {...plan.audit, shop: {uses: 'postgres/log'}}}));
    const failed = insertAfter(two, 'phase.started', beginsPhase('audit'), {
      type: 'audit.failed',
      data: {system: 'shop', code: 'failed', message: 'Expected the log, got none.'},
    });

    expect(judged(two).reasons).toEqual(['The audit source of `shop` was not read.']);
    expect(judged(failed).reasons).toEqual([
      'The audit source of `shop` could not be read: Expected the log, got none.',
    ]);
  });

  it('lists every gap', () => {
    const gaps = change(
      pass,
      'audit.read',
      () => true,
      (data) => ({...data, gaps: ['one', 'another']}),
    );

    expect(judged(gaps).reasons).toEqual(['The audit record of `vault` is not complete: one; another.']);
  });

  it('takes the whole record for its scope where the plan names none', () => {
    const entries = change(
      withEvent({path: 'secret/data/unrelated'}),
      'run.planned',
      () => true,
      (plan) => ({...plan, scope: {}}),
    );

    expect(judged(entries).state).toBe('unmet');
  });

  it('needs no credential of its own where sessions tell whose doing it was', () => {
    const bySessions = replan(without(pass, 'connection.began'), (plan) => ({
      ...plan,
      audit: {...plan.audit, vault: {uses: 'postgres/log', ownBySessions: true}},
    }));

    expect(judged(bySessions)).toMatchObject({state: 'met', recovery: 'none'});
  });

  it('lists what a record can not show beside what nobody records', () => {
    const entries = change(
      pass,
      'audit.read',
      () => true,
      (data) => ({...data, blind: ['a superuser may turn the log off']}),
    );

    expect(judge(entries).manualRecovery.blind).toEqual([
      ...judge(pass).manualRecovery.blind,
      {system: 'vault', why: 'a superuser may turn the log off'},
    ]);
  });

  it('holds a restart of the integration that no step allows for somebody’s', () => {
    const at = beginOf(pass, 'restored') + 1;
    const restarted = insertAfter(telling, 'phase.started', beginsPhase('restored'), {
      type: 'probe.instance',
      data: {probe: 'tool', from: 'a', to: 'b', at},
    });
    const allowedBy = (what: 'step' | 'rollback', entries: readonly Entry[]) =>
      replan(entries, (plan) => ({
        ...plan,
        steps: plan.steps.map((step) => {
          const {rollback} = step;
          if (step.id !== 'stop-server' || rollback.kind !== 'action') return step;
          return what === 'step'
            ? {...step, restarts: ['tool']}
            : {...step, rollback: {...rollback, restarts: ['tool']}};
        }),
      }));
    const asked = (entries: readonly Entry[], when: number, instance?: string, probe = 'tool') =>
      insertAfter(entries, 'phase.started', beginsPhase('restored'), {
        type: 'probe.asked',
        data: {probe, at: when, ...(instance === undefined ? {} : {instance})},
      });

    const {criteria, manualRecovery} = judge(restarted);

    expect(criteria['no-manual-recovery']).toEqual({
      state: 'unmet',
      reasons: [`\`tool\` was restarted at ${new Date(at).toISOString()}, by nothing that the run did.`],
    });
    expect(criteria['dependents-unharmed'].state).toBe('met');
    expect(manualRecovery).toMatchObject({
      state: 'detected',
      events: [{system: 'tool', operation: 'restart', path: 'result._meta.startedAt', phase: 'restored'}],
    });
    expect(judged(telling)).toMatchObject({state: 'met', recovery: 'none'});
    // What the step may restart is over when the steps are, and what the rollback may once that told who it is.
    expect(judged(allowedBy('step', restarted))).toMatchObject({state: 'unmet', recovery: 'detected'});
    expect(judged(allowedBy('rollback', asked(restarted, at, 'b')))).toMatchObject({state: 'met', recovery: 'none'});
    expect(judged(allowedBy('rollback', asked(restarted, at - 1, 'a')))).toMatchObject({state: 'unmet'});
    const untold = {
      state: 'unproven',
      reasons: [
        '`tool` did not tell which process it is after the rollback of `stop-server`, so that nobody knows whether that alone started it.',
      ],
    };
    const begunAt = find(pass, 'rollback.started', ({step}) => step === 'stop-server').at;
    expect(judged(allowedBy('rollback', asked(restarted, at)))).toMatchObject(untold);
    expect(judged(allowedBy('rollback', asked(restarted, at, 'b', 'checkout')))).toMatchObject(untold);
    expect(judged(allowedBy('rollback', asked(restarted, begunAt - 1, 'a')))).toMatchObject(untold);
    expect(judged(allowedBy('rollback', asked(restarted, begunAt, 'a')))).toMatchObject({state: 'unmet'});
    expect(judged(allowedBy('rollback', pass))).toMatchObject({state: 'met', recovery: 'none'});
  });

  it('proves nothing where no answer told which process of the integration gave it', () => {
    expect(judged(watching)).toMatchObject({
      state: 'unproven',
      reasons: [
        'Not every answer of `tool` told which process gave it (`result._meta.startedAt`), so a restart of the integration would not show.',
      ],
    });
  });
});
