import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {beginsPhase, change, entriesOf, find, insertAfter, without} from './journals.ts';

const pass = entriesOf('pass');
const restored = (entries: readonly Entry[]) => judge(entries).criteria.restored;

describe('verdict/judge-restored', () => {
  it('is unmet where a rollback failed, and exits with 4', () => {
    const failed = insertAfter(
      without(pass, 'rollback.succeeded', ({step}) => step === 'destroy-secret-ids'),
      'rollback.started',
      ({step}) => step === 'destroy-secret-ids',
      {
        type: 'rollback.failed',
        data: {
          step: 'destroy-secret-ids',
          uses: 'vault/issue-secret-id',
          at: 0,
          left: 'issue and deliver a secret-id of orders-mcp',
          code: 'failed',
          message: 'Expected to deliver it, got EROFS.',
        },
      },
    );

    expect(restored(failed).reasons).toEqual([
      'The rollback of step `destroy-secret-ids` failed (failed): Expected to deliver it, got EROFS.',
    ]);
    expect(judge(failed)).toMatchObject({
      exitCode: 4,
      left: ['Step `destroy-secret-ids`: issue and deliver a secret-id of orders-mcp.'],
    });
  });

  it('is unmet, with exit 4, where a rollback was not done at all', () => {
    const entries = without(pass, 'rollback.succeeded', ({step}) => step === 'stop-server');

    expect(restored(entries).reasons).toEqual(['The rollback of step `stop-server` was not done.']);
    expect(judge(entries).exitCode).toBe(4);
  });

  it.each(['token', 'db-user', 'holdings', 'backends'])('is unmet where capture %s did not come back', (name) => {
    const entries = without(pass, 'capture.taken', ({capture, generation}) => capture === name && generation === 2);

    expect(restored(entries)).toEqual({
      state: 'unmet',
      reasons: [`Capture \`${name}\` did not come back: there was nothing to capture in time.`],
    });
  });

  it('is unmet where the integration holds nothing again', () => {
    const entries = change(
      pass,
      'capture.taken',
      ({capture, generation}) => capture === 'backends' && generation === 2,
      (data) => ({...data, count: 0}),
    );

    expect(restored(entries).state).toBe('unmet');
  });

  it.each(['token', 'db-held-session', 'holdings'])('is unmet where generation 2 of %s does not work', (name) => {
    const entries = change(
      pass,
      'probe.changed',
      ({probe, generation}) => probe === name && generation === 2,
      (data) => ({...data, to: 'denied', code: '403'}),
    );

    expect(restored(entries)).toEqual({
      state: 'unmet',
      reasons: [`\`${name}\` did not come back: it was \`denied\` (403).`],
    });
  });

  it.each([
    ['tool', 1],
    ['checkout', 1],
    ['token', 2],
  ] as const)('is unmet where %s was allowed too seldom', (name, of) => {
    const entries = change(
      pass,
      'probe.summary',
      ({probe, generation}) => probe === name && generation === of,
      (data) => {
        const counts = data.phases.restored;
        if (counts === undefined) throw new Error('not asked');
        return {...data, phases: {...data.phases, restored: {...counts, allowed: 2}}};
      },
    );

    expect(restored(entries).reasons).toEqual([
      `\`${name}\` did not come back: only 2 samples were allowed, expected 3.`,
    ]);
  });

  it('is unproven where nothing was asked again', () => {
    const entries = without(pass, 'phase.started', ({phase}) => phase === 'restored');

    const problems = (message: string) =>
      ({type: 'resume.failed', data: {refused: true, problems: [{code: 'moved', message}]}}) as const;
    const isScan = beginsPhase('scan');
    const twice = insertAfter(
      insertAfter(entries, 'phase.started', isScan, problems('The last.')),
      'phase.started',
      isScan,
      problems('The first.'),
    );

    expect(restored(entries)).toEqual({
      state: 'unproven',
      reasons: ['Nothing was restored, so nothing was asked again.'],
    });
    expect(restored(insertAfter(entries, 'phase.started', isScan, problems('The only one.'))).reasons).toEqual([
      'The only one.',
      'Nothing was restored, so nothing was asked again.',
    ]);
    expect(restored(twice).reasons).toEqual(['The last.', 'Nothing was restored, so nothing was asked again.']);
  });

  it('is unproven where a rollback was not read back, or found otherwise at last', () => {
    const found = (to: 'applied' | 'partly') =>
      change(
        pass,
        'rollback.inspected',
        ({step}) => step === 'stop-server',
        (data) => ({...data, found: to}),
      );
    const first = find(pass, 'rollback.inspected', ({step}) => step === 'stop-server');
    const before = insertAfter(pass, 'rollback.started', ({step}) => step === 'stop-server', {
      type: 'rollback.inspected',
      data: {...first, found: 'partly'},
    });
    const unread = without(pass, 'rollback.inspected', ({step}) => step === 'stop-server');

    for (const entries of [unread, found('partly')]) {
      expect(restored(entries)).toEqual({
        state: 'unproven',
        reasons: ['The rollback of step `stop-server` was not read back.'],
      });
    }
    expect(restored(before).state).toBe('met');
  });

  it('says why a capture did not come back, in a sentence', () => {
    const failed = (message: string) => {
      const gone = without(pass, 'capture.taken', ({capture, generation}) => capture === 'token' && generation === 2);
      return insertAfter(gone, 'phase.started', beginsPhase('restored'), {
        type: 'capture.failed',
        data: {capture: 'token', generation: 2, code: 'unauthenticated:400', message},
      });
    };

    expect(restored(failed('Vault refuses it')).reasons).toEqual([
      'Capture `token` did not come back: Vault refuses it (unauthenticated:400).',
    ]);
  });

  it('takes no other failure for its reason', () => {
    const gone = without(pass, 'capture.taken', ({capture, generation}) => capture === 'token' && generation === 2);
    const other = (capture: string, generation: 1 | 2) =>
      insertAfter(gone, 'phase.started', beginsPhase('restored'), {
        type: 'capture.failed',
        data: {capture, generation, code: 'x', message: 'Another.'},
      });

    for (const entries of [other('db-user', 2), other('token', 1)]) {
      expect(restored(entries).reasons).toEqual([
        'Capture `token` did not come back: there was nothing to capture in time.',
      ]);
    }
  });

  it('asks no number of what is minted', () => {
    const none = change(
      pass,
      'capture.taken',
      ({capture, generation}) => capture === 'token' && generation === 2,
      (data) => ({...data, count: 0}),
    );

    expect(restored(none).state).toBe('met');
  });

  it('is unmet where what was to work again was never asked', () => {
    const unasked = without(pass, 'probe.changed', ({probe, generation}) => probe === 'token' && generation === 2);

    expect(restored(unasked).reasons).toEqual(['`token` did not come back: it was never asked.']);
  });

  it('lets be what else was in the way', () => {
    const trouble = {type: 'trouble', data: {where: 'guard', code: 'timeout', message: 'Expected one.'}} as const;

    expect(restored(insertAfter(pass, 'phase.started', beginsPhase('audit'), trouble)).state).toBe('met');
  });

  it('is unproven where a call may still come through', () => {
    const lingers = {type: 'step.lingers', data: {step: 'revoke-tokens', uses: 'vault/revoke-tokens', at: 0}} as const;

    expect(restored(insertAfter(pass, 'phase.started', beginsPhase('scan'), lingers)).reasons).toEqual([
      'Step `revoke-tokens` may have made its change after everything was brought back: its call had not ended.',
    ]);
  });

  it.each([
    'release of capture db-user, generation 2',
    "end of the run's credential on vault",
    'end of what was left on vault',
    'clean-up',
  ])('is unproven where something of the run may be left (%s)', (where) => {
    const entries = insertAfter(pass, 'phase.started', ({phase}) => phase === 'audit', {
      type: 'trouble',
      data: {where, code: 'timeout', message: 'Expected an answer, got none.'},
    });

    expect(restored(entries)).toEqual({
      state: 'unproven',
      reasons: [`What the run made may still be there (${where}): Expected an answer, got none.`],
    });
    expect(judge(entries).troubles).toEqual([`${where}: Expected an answer, got none. (timeout)`]);
  });
});
