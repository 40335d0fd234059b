import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {beginOf, beginsPhase, change, entriesOf, find, insertAfter, replan, without} from './journals.ts';

const pass = entriesOf('pass');
const interruption = (cause: string) => ({type: 'interruption', data: {cause, count: 1, at: 0}}) as const;
const rollbackFailure = {
  type: 'rollback.failed',
  data: {
    step: 'revoke-leases',
    uses: 'vault/issue-secret-id',
    at: 0,
    left: 'issue a secret-id by hand',
    code: 'unreachable',
    message: 'Expected an answer, got none.',
  },
} as const;

describe('verdict/judge', () => {
  it('passes a run in which everything was observed', () => {
    const result = judge(pass);

    expect(result).toMatchObject({verdict: 'pass', exitCode: 0, status: 'completed', left: []});
    expect(Object.values(result.criteria)).toEqual(Array(7).fill({state: 'met', reasons: []}));
  });

  it('fails the run that only revoked tokens, for what survived', () => {
    const result = judge(entriesOf('token-only'));

    expect(result).toMatchObject({verdict: 'fail', exitCode: 1, status: 'completed'});
    const unmet = Object.entries(result.criteria).filter(([, {state}]) => state !== 'met');
    expect(unmet.map(([name]) => name)).toEqual(['access-removed']);
    expect(unmet[0]?.[1].reasons).toEqual([
      expect.stringMatching(/^`login-again` survives: .*was still allowed/),
      expect.stringMatching(/^`db-held-session` survives: .*over the session held since before shutdown/),
    ]);
  });

  it('never passes an interrupted run', () => {
    expect(judge(entriesOf('interrupted'))).toMatchObject({
      verdict: 'inconclusive',
      exitCode: 130,
      status: 'interrupted',
    });
    for (const phase of ['settle', 'rollback', 'restored', 'audit'] as const) {
      const late = insertAfter(pass, 'phase.started', (data) => data.phase === phase, interruption('SIGTERM'));

      expect(judge(late).verdict, phase).toBe('inconclusive');
    }
  });

  it('never passes a run that another process went on with, wherever it was cut off', () => {
    const resumed = {type: 'run.resumed', data: {tool: '0', node: 'v24', at: 0}} as const;
    for (const phase of [
      'capture',
      'shutdown',
      'settle',
      'rollback',
      'restored',
      'audit',
      'scan',
      'verdict',
    ] as const) {
      const cut = insertAfter(pass, 'phase.started', (data) => data.phase === phase, resumed);

      const result = judge(cut);

      expect({...result, phase}).toMatchObject({verdict: 'inconclusive', status: 'interrupted', phase});
      expect(result.exitCode).toBe(3);
    }
  });

  it('says how far a run came that has not ended, and what is left of it', () => {
    const rollbackAt = pass.findIndex((entry) => entry.type === 'phase.started' && entry.data.phase === 'rollback');

    const result = judge(pass.slice(0, rollbackAt));

    expect(result).toMatchObject({status: 'interrupted', exitCode: 4});
    expect(result.left).toEqual([
      expect.stringMatching(/^Step `destroy-secret-ids`: do what `vault\/issue-secret-id` does, with \{.*"deliver-to"/),
      expect.stringMatching(/^Step `stop-server`: do what `command\/run` does, with \{.*"start","orders-mcp"/),
      expect.stringContaining('Connection `vault`'),
    ]);
  });

  it('lists every step of a restoration that was cut off, and none of one that was refused', () => {
    const restores = change(
      pass,
      'run.started',
      () => true,
      (data) => ({...data, restores: true as const}),
    );
    const cut = restores.filter(({type}) => !/^(step|rollback)\./.test(type) && type !== 'run.finished');
    const refusal = {type: 'resume.failed', data: {refused: true, problems: []}} as const;
    const isScan = ({phase}: {readonly phase: string}): boolean => phase === 'scan';

    expect(judge(cut)).toMatchObject({exitCode: 4});
    expect(judge(cut).left.map((one) => one.split(':')[0])).toEqual([
      'Step `destroy-secret-ids`',
      'Step `stop-server`',
    ]);
    expect(judge(insertAfter(cut, 'phase.started', isScan, refusal))).toMatchObject({exitCode: 2, left: []});
  });

  it('holds no refusal against a run that was gone on with later', () => {
    const isSettle = ({phase}: {readonly phase: string}): boolean => phase === 'settle';
    const refusal = {type: 'resume.failed', data: {refused: true, problems: []}} as const;
    const resumed = {type: 'run.resumed', data: {tool: '0', node: 'v24', at: 0}} as const;
    const once = insertAfter(pass, 'phase.started', isSettle, refusal);

    expect(judge(insertAfter(once, 'resume.failed', () => true, resumed)).exitCode).toBe(3);
  });

  it('says that the call of a step may still make its change', () => {
    const lingers = {type: 'step.lingers', data: {step: 'revoke-tokens', uses: 'vault/revoke-tokens', at: 0}} as const;
    const isScan = ({phase}: {readonly phase: string}): boolean => phase === 'scan';

    const {left, criteria, verdict} = judge(insertAfter(pass, 'phase.started', isScan, lingers));

    expect(left).toEqual([
      'Step `revoke-tokens`: its call of `vault/revoke-tokens` had not come back when the run ended, and may have made its change since. Look, and where it has, bring it back with `offdrill restore FILE`.',
    ]);
    expect([criteria.restored.state, verdict]).toEqual(['unproven', 'inconclusive']);
  });

  it('lists a credential of which nobody knows whether it was made', () => {
    const where = "end of the run's credential on other";
    const trouble = {type: 'trouble', data: {where, code: 'unreachable:unanswered', message: 'Revoke it.'}} as const;
    const isScan = ({phase}: {readonly phase: string}): boolean => phase === 'scan';

    expect(judge(insertAfter(pass, 'phase.started', isScan, trouble)).left).toEqual([`${where}: Revoke it.`]);
  });

  it('holds a rollback that failed for done once it succeeded', () => {
    const failed = insertAfter(pass, 'phase.started', ({phase}) => phase === 'rollback', {
      ...rollbackFailure,
      data: {...rollbackFailure.data, step: 'stop-server'},
    });

    expect(judge(failed)).toMatchObject({exitCode: 0, left: [], criteria: {restored: {state: 'met'}}});
  });

  it('leaves no credential of an earlier process open that a later one ended', () => {
    const began = {type: 'connection.began', data: {connection: 'vault', facts: {accessor: 'second'}}} as const;
    const isAudit = ({phase}: {readonly phase: string}): boolean => phase === 'audit';
    const open = without(insertAfter(pass, 'phase.started', isAudit, began), 'connection.ended');
    const ended = {type: 'connection.ended', data: {connection: 'vault'}} as const;
    const isSecond = ({facts}: {readonly facts: Readonly<Record<string, string>>}): boolean =>
      facts.accessor === 'second';

    const cleared = {type: 'connection.cleared', data: {connection: 'vault'}} as const;
    const leftOpen = judge(insertAfter(open, 'connection.began', isSecond, cleared)).left;
    const allEnded = judge(insertAfter(open, 'connection.began', isSecond, ended)).left;

    expect(leftOpen).toEqual([expect.stringContaining('accessor second')]);
    expect(allEnded).toEqual([]);
  });

  it('gives a restoration 0 where everything is back, 4 where not, and never a pass', () => {
    const restored = change(
      pass,
      'run.started',
      () => true,
      (data) => ({...data, restores: true as const}),
    );
    const failed = change(
      restored,
      'rollback.succeeded',
      ({step}) => step === 'stop-server',
      (data) => ({...data, step: 'another'}),
    );

    expect(judge(restored)).toMatchObject({verdict: 'inconclusive', exitCode: 0, restores: true});
    expect(judge(failed)).toMatchObject({exitCode: 4});
  });

  it('is inconclusive when it was to stop at the baseline', () => {
    const result = judge(entriesOf('until-baseline'));

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'completed'});
    expect(result.criteria.baseline.state).toBe('met');
  });

  it('gives 4 before 130, 130 before 1, and 1 before 3', () => {
    const failed = change(
      pass,
      'probe.changed',
      ({probe, to}) => probe === 'token' && to === 'denied',
      (data) => ({...data, receivedAt: data.receivedAt + 60_000}),
    );
    const unproven = without(failed, 'audit.read');
    const interrupted = insertAfter(
      unproven,
      'phase.started',
      ({phase}) => phase === 'restored',
      interruption('SIGINT'),
    );
    const broken = insertAfter(interrupted, 'rollback.started', () => true, rollbackFailure);
    const left = without(broken, 'rollback.not-needed', ({step}) => step === 'revoke-leases');

    expect(judge(without(pass, 'audit.read')).exitCode).toBe(3);
    expect(judge(unproven).exitCode).toBe(1);
    expect(judge(interrupted).exitCode).toBe(130);
    expect(judge(left).exitCode).toBe(4);
    expect(judge(left).left).toEqual(['Step `revoke-leases`: issue a secret-id by hand.']);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 143],
    ['max-duration', 143],
    ['SIGINT', 130],
  ])('gives %s the exit code %i', (cause, exitCode) => {
    const entries = insertAfter(pass, 'phase.started', ({phase}) => phase === 'settle', interruption(cause));

    expect(judge(entries).exitCode).toBe(exitCode);
  });

  it('exits with 2 where the guard refused, and 3 where it could not ask', () => {
    const failure = (refused: boolean) => ({
      type: 'phase.failed' as const,
      data: {phase: 'guard' as const, refused, problems: [{code: 'guard-identity', message: 'Expected a, got b.'}]},
    });
    const verdict = pass.filter(({type, data}) => type === 'phase.started' && data.phase === 'verdict');
    const begun = [...pass.slice(0, 3), ...verdict];
    const at = (refused: boolean) => insertAfter(begun, 'phase.started', () => true, failure(refused));

    expect(judge(at(true))).toMatchObject({exitCode: 2, status: 'aborted', verdict: 'inconclusive'});
    expect(judge(at(false))).toMatchObject({exitCode: 3, status: 'aborted', verdict: 'inconclusive'});
    expect(judge(at(false)).criteria.baseline.reasons).toEqual(['guard: Expected a, got b.']);
  });

  it('finds the evidence unmet where a file holds a secret', () => {
    const entries = change(
      pass,
      'scan.finished',
      () => true,
      (data) => ({...data, hits: [{file: 'journal.ndjson', label: 'run-token'}]}),
    );

    const result = judge(entries);

    expect(result.criteria.evidence).toEqual({
      state: 'unmet',
      reasons: ['The secret `run-token` stands in `journal.ndjson`.'],
    });
    expect(result.exitCode).toBe(1);
  });

  it('finds the evidence unproven where the journal was damaged', () => {
    const entries = insertAfter(pass, 'scan.finished', () => true, {
      type: 'trouble',
      data: {where: 'journal', code: 'journal-write', message: 'An entry is not on disk.'},
    });

    expect(judge(entries).criteria.evidence.state).toBe('unproven');
  });

  it('says which steps were started, failed or left in doubt', () => {
    const inDoubt = without(pass, 'step.succeeded', ({step}) => step === 'revoke-leases');

    expect(judge(inDoubt).steps.find(({id}) => id === 'revoke-leases')).toMatchObject({
      status: 'in-doubt',
      attempts: 1,
    });
    expect(judge(pass).steps.map(({status, rollback}) => [status, rollback])).toEqual([
      ['succeeded', 'succeeded'],
      ['succeeded', 'succeeded'],
      ['succeeded', 'not-needed'],
      ['succeeded', 'not-needed'],
      ['succeeded', 'not-needed'],
    ]);
  });

  it('leaves a step in doubt that an interruption cut short', () => {
    const result = judge(entriesOf('interrupted'));

    expect(result.steps.find(({id}) => id === 'revoke-leases')).toMatchObject({status: 'in-doubt'});
    expect(result.criteria.shutdown.reasons).toEqual([
      'Step `revoke-leases` was cut short by the interruption.',
      'The run was interrupted (SIGINT).',
      'The run did not settle after the last step.',
      'Step `revoke-tokens` was not started.',
      'Step `end-sessions` was not started.',
    ]);
  });

  it('tells what was run, and when', () => {
    const started = find(pass, 'run.started');
    const plan = find(pass, 'run.planned');

    expect(judge(pass)).toMatchObject({
      version: 1,
      target: 'real',
      run: started.run,
      drill: {name: 'orders-mcp', sha256: plan.drill.sha256},
      integration: 'orders-mcp',
      environment: 'staging',
      startedAt: pass[0]?.time,
      finishedAt: pass.at(-2)?.time,
      troubles: [],
      draining: [],
    });
    for (const field of ['until', 'restores']) expect(judge(pass)).not.toHaveProperty(field);
    expect(judge(entriesOf('until-baseline'))).toMatchObject({until: 'baseline'});
  });

  it('tells when each step began and ended', () => {
    const at = (type: 'step.started' | 'step.succeeded') =>
      new Date(find(pass, type, ({step}) => step === 'revoke-leases').at).toISOString();
    const failedAt = beginOf(pass, 'settle');
    const failed = insertAfter(
      without(pass, 'step.succeeded', ({step}) => step === 'revoke-leases'),
      'phase.started',
      beginsPhase('settle'),
      {type: 'step.failed', data: {step: 'revoke-leases', at: failedAt, code: 'x', message: 'Expected it.'}},
    );
    const unstarted = without(pass, 'step.started', ({step}) => step === 'revoke-leases');
    const stepOf = (entries: readonly Entry[]) => judge(entries).steps[2];

    expect(stepOf(pass)).toEqual({
      id: 'revoke-leases',
      uses: 'vault/revoke-leases',
      status: 'succeeded',
      attempts: 1,
      startedAt: at('step.started'),
      finishedAt: at('step.succeeded'),
      rollback: 'not-needed',
    });
    expect(stepOf(failed)).toMatchObject({status: 'failed', finishedAt: new Date(failedAt).toISOString()});
    expect(stepOf(unstarted)).toMatchObject({status: 'not-started', attempts: 0});
    expect(stepOf(unstarted)).not.toHaveProperty('startedAt');
    expect(judge(entriesOf('interrupted')).steps.at(-1)).not.toHaveProperty('finishedAt');
  });

  it('tells how long each step and rollback took to be in force, once its call had come back', () => {
    const taken = (entries: readonly Entry[], ms: number, found: 'applied' | 'partly' = 'applied') =>
      change(
        change(
          entries,
          'step.inspected',
          ({step, when}) => step === 'stop-server' && when === 'read-back',
          (data) => ({...data, found, calledAt: data.at - ms}),
        ),
        'rollback.inspected',
        ({step}) => step === 'stop-server',
        (data) => ({...data, found, calledAt: data.at - 2 * ms}),
      );
    const stepOf = (entries: readonly Entry[]) => judge(entries).steps[0];

    expect(stepOf(taken(pass, 3200.4))).toMatchObject({inForceAfterMs: 3200, rollbackInForceAfterMs: 6401});
    for (const entries of [pass, taken(pass, 3200, 'partly')]) {
      expect(stepOf(entries)).not.toHaveProperty('inForceAfterMs');
      expect(stepOf(entries)).not.toHaveProperty('rollbackInForceAfterMs');
    }
  });

  it('tells what became of each rollback', () => {
    const undone = without(pass, 'rollback.succeeded', ({step}) => step === 'stop-server');
    const failed = insertAfter(undone, 'rollback.started', () => true, {
      ...rollbackFailure,
      data: {...rollbackFailure.data, step: 'stop-server'},
    });
    const of = (entries: readonly Entry[]) => judge(entries).steps[0]?.rollback;

    expect([of(pass), of(undone), of(failed)]).toEqual(['succeeded', 'not-started', 'failed']);
  });

  it('ends no line of several with a full stop', () => {
    const entries = insertAfter(
      without(pass, 'rollback.succeeded', ({step}) => step === 'stop-server'),
      'rollback.started',
      () => true,
      {...rollbackFailure, data: {...rollbackFailure.data, step: 'stop-server', left: 'run:\n  bao status'}},
    );

    expect(judge(entries).left).toEqual(['Step `stop-server`: run:\n  bao status']);
  });

  it('tells each thing that drains once, from when it was first waited for to the end told last', () => {
    const drains = (what: string, at: number, until: number) =>
      ({type: 'draining', data: {operation: 'vault/wait-for-expiry', what, at, until}}) as const;
    const isSettle = beginsPhase('settle');
    const entries = [drains('b', 3, 30), drains('a', 2, 20), drains('a', 1, 10)].reduce<readonly Entry[]>(
      (given, event) => insertAfter(given, 'phase.started', isSettle, event),
      pass,
    );
    const iso = (ms: number): string => new Date(ms).toISOString();

    expect(judge(entries).draining).toEqual([
      {operation: 'vault/wait-for-expiry', what: 'a', from: iso(1), until: iso(20)},
      {operation: 'vault/wait-for-expiry', what: 'b', from: iso(3), until: iso(30)},
    ]);
  });

  it.each(['journal', 'exception'])('gives an end by %s no signal’s exit code', (cause) => {
    const entries = insertAfter(pass, 'phase.started', beginsPhase('settle'), interruption(cause));

    expect(judge(entries)).toMatchObject({exitCode: 3, status: 'interrupted', verdict: 'inconclusive'});
  });

  it('goes by the first interruption that somebody wished', () => {
    const isSettle = beginsPhase('settle');
    const signalled = insertAfter(pass, 'phase.started', isSettle, interruption('SIGTERM'));

    expect(judge(insertAfter(signalled, 'phase.started', isSettle, interruption('journal'))).exitCode).toBe(143);
  });

  it('exits with 3 where it was refused after it had changed something', () => {
    const refusal = {type: 'resume.failed', data: {refused: true, problems: []}} as const;

    expect(
      judge(insertAfter(without(pass, 'audit.read'), 'phase.started', beginsPhase('scan'), refusal)).exitCode,
    ).toBe(3);
  });

  it('gives a restoration 4 where not everything came back', () => {
    const restored = change(
      without(pass, 'probe.changed', ({probe, generation}) => probe === 'token' && generation === 2),
      'run.started',
      () => true,
      (data) => ({...data, restores: true as const}),
    );

    expect(judge(restored)).toMatchObject({exitCode: 4, criteria: {restored: {state: 'unmet'}}});
  });

  it('calls a run cut off no second time that came to its end and was gone on with', () => {
    const resumed = {type: 'run.resumed', data: {tool: '0', node: 'v24', at: 0}} as const;
    const verdict = pass.find(({type, data}) => type === 'phase.started' && data.phase === 'verdict');
    const onward = insertAfter(pass, 'run.finished', () => true, resumed);

    expect(judge([...onward, ...(verdict === undefined ? [] : [verdict])]).status).toBe('completed');
    expect(judge(onward).status).toBe('interrupted');
  });

  it('leaves undone steps of a plan alone that it does not know', () => {
    const undone = without(pass, 'rollback.succeeded', ({step}) => step === 'stop-server');
    const unknown = replan(undone, (plan) => ({...plan, steps: plan.steps.filter(({id}) => id !== 'stop-server')}));

    expect(judge(undone).left).toEqual([expect.stringMatching(/^Step `stop-server`: do what/)]);
    expect(judge(unknown)).toMatchObject({left: [], exitCode: 4});
  });

  it("names the run's own credential where nothing says that it was ended", () => {
    const {left} = judge(without(pass, 'connection.ended'));

    expect(left).toEqual([
      expect.stringMatching(/^Connection `vault`: revoke the run's own credential \(accessor \w+, nonce \w+\)\.$/),
    ]);
  });

  it('throws where the journal does not begin as a run does', () => {
    expect(() => judge(without(pass, 'run.started'))).toThrow('run.started');
    expect(() => judge(without(pass, 'run.planned'))).toThrow('no plan');
  });
});
