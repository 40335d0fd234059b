import {describe, expect, it} from 'vitest';
import type {AuditEvent} from '../../src/contract/operation.ts';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, insertAfter, without} from './journals.ts';

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

describe('verdict/judge-recovery', () => {
  it('finds nobody where the record holds nobody', () => {
    expect(judged(pass)).toMatchObject({state: 'met', recovery: 'none'});
    expect(judge(pass).manualRecovery.blind.map(({system}) => system)).toEqual(['shop', 'command']);
  });

  it.each(['shutdown', 'settle', 'rollback', 'restored', 'audit'])("detects somebody's change in %s", (phase) => {
    const found = judged(withEvent({phase}));

    expect(found).toMatchObject({state: 'unmet', recovery: 'detected', events: 1});
    expect(found.reasons[0]).toBe(
      `Somebody's change in \`vault\` during ${phase}: update \`auth/approle/role/orders-mcp/secret-id\` at 2026-01-01T00:00:00Z by accessor \`hmac-sha256:abc\`.`,
    );
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
    expect(judged(withGap).reasons).toEqual(['The audit record of `vault` is not complete: a line could not be read.']);
  });

  it('is unproven where a source could not be read, or was not', () => {
    const failed = insertAfter(without(pass, 'audit.read'), 'phase.started', ({phase}) => phase === 'audit', {
      type: 'audit.failed',
      data: {system: 'vault', code: 'failed', message: 'Expected the log, got none.'},
    });

    expect(judged(failed)).toMatchObject({state: 'unproven', recovery: 'unproven'});
    expect(judged(without(pass, 'audit.read')).reasons).toEqual(['The audit source of `vault` was not read.']);
  });

  it('is unproven where nobody records anything', () => {
    const blind = change(
      without(pass, 'audit.read'),
      'run.planned',
      () => true,
      (plan) => ({...plan, audit: {vault: {blind: 'no device'}, shop: {blind: 'no log'}}}),
    );

    expect(judged(blind)).toMatchObject({state: 'unproven', recovery: 'unproven'});
    expect(judge(blind).verdict).toBe('inconclusive');
  });

  it('is unproven where a phase could not be marked in the record', () => {
    const entries = insertAfter(pass, 'phase.started', ({phase}) => phase === 'rollback', {
      type: 'trouble',
      data: {where: 'mark rollback on vault', code: 'timeout', message: 'Expected an answer, got none.'},
    });

    expect(judged(entries).state).toBe('unproven');
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
});
