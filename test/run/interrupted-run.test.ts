import {describe, expect, it} from 'vitest';
import {DriverError} from '../../src/contract/driver-error.ts';
import type {JournalEvent} from '../../src/journal/entries.ts';
import {Interruption, type InterruptionCause} from '../../src/run/interruption.ts';
import {FakeSystem, hangs, takesThenWaitsForAbort, waitsForAbort} from '../fixtures/drivers/fake-system.ts';
import {runFakeDrill} from './run-fake-drill.ts';

const passing = new DriverError('Expected an answer, got 503.', {code: 'unavailable', retryable: true});

/** Interrupts when an event of this type, with this text in it, is journalled first. */
function interruptAt(type: JournalEvent['type'], text: string, causes: readonly InterruptionCause[]) {
  let done = false;
  return (event: JournalEvent, interruption: Interruption): void => {
    if (done || event.type !== type || !JSON.stringify(event.data).includes(text)) return;
    done = true;
    for (const cause of causes) interruption.interrupt(cause);
  };
}

const atPhase = (phase: string, causes: readonly InterruptionCause[]) =>
  interruptAt('phase.started', `"${phase}"`, causes);

describe('run/run-drill when interrupted', () => {
  it.each(['guard', 'preflight', 'capture', 'baseline'])('changes nothing when interrupted in %s', async (phase) => {
    const system = new FakeSystem();

    const {result, all} = await runFakeDrill(system, {onEvent: atPhase(phase, ['SIGINT'])});

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 130, status: 'interrupted'});
    expect(all('phase.failed')).toMatchObject([{phase, refused: false, problems: [{code: 'interrupted'}]}]);
    expect(system.count('execute')).toBe(0);
    expect(system.count('end')).toBe(system.count('begin'));
    expect(system.count('close held')).toBe(system.count('hold'));
  });

  it.each([
    ['shutdown', 'SIGTERM', 143, 0],
    ['settle', 'SIGINT', 130, 2],
    ['rollback', 'SIGHUP', 143, 2],
    ['restored', 'SIGTERM', 143, 2],
    ['audit', 'SIGINT', 130, 2],
  ] as const)('restores everything when interrupted in %s', async (phase, cause, exitCode, rolledBack) => {
    const system = new FakeSystem();

    const {result, all} = await runFakeDrill(system, {onEvent: atPhase(phase, [cause])});

    expect(result).toMatchObject({exitCode, status: 'interrupted'});
    expect(result.verdict).not.toBe('pass');
    expect(all('rollback.succeeded')).toHaveLength(rolledBack);
    expect([system.serving, system.alive.length]).toEqual([true, 1]);
    expect(system.calls.slice(-2)).toEqual(['read audit', 'close']);
  });

  it('rolls back a step that was interrupted while done', async () => {
    const system = new FakeSystem();
    system.script('execute revoke', takesThenWaitsForAbort());

    const {result, all} = await runFakeDrill(system, {
      onEvent: interruptAt('step.started', 'revoke', ['SIGINT']),
    });

    expect(result).toMatchObject({exitCode: 130, status: 'interrupted'});
    expect(all('rollback.succeeded').map(({step}) => step)).toEqual(['revoke', 'stop-server']);
    expect(all('phase.started').map(({phase}) => phase)).not.toContain('settle');
    expect(all('step.failed')).toMatchObject([{step: 'revoke', code: 'interrupted'}]);
    expect(result.criteria.shutdown.state).toBe('unproven');
    expect(result.verdict).toBe('inconclusive');
  });

  it('leaves alone what a step that was interrupted had not begun with', async () => {
    const system = new FakeSystem();
    system.script('execute revoke', waitsForAbort());

    const {result, all} = await runFakeDrill(system, {onEvent: interruptAt('step.started', 'revoke', ['SIGINT'])});

    expect(result).toMatchObject({exitCode: 130, status: 'interrupted', verdict: 'inconclusive', left: []});
    expect(all('rollback.not-needed')).toEqual([{step: 'revoke', why: 'the step had not taken'}]);
    expect(all('rollback.succeeded').map(({step}) => step)).toEqual(['stop-server']);
    expect(system.alive).toEqual(['generation-1-secret']);
  });

  it.each([
    ['and the change was made', true, 1],
    ['and nothing was done', false, 0],
  ])("ends a retry's wait when interrupted, %s", async (_what, takes, issued) => {
    const system = new FakeSystem();
    system.script('execute revoke', (effect) => {
      if (takes) effect();
      setTimeout(() => interruption.interrupt('SIGTERM'), 20);
      throw passing;
    });
    const interruption = new Interruption();

    const {result} = await runFakeDrill(system, {interruption});

    expect(system.count('execute revoke')).toBe(1);
    expect(system.count('execute issue')).toBe(issued);
    expect(system.alive).toHaveLength(1);
    expect(result).toMatchObject({exitCode: 143, status: 'interrupted'});
  });

  it('only warns at a second signal in rollback', async () => {
    const {result, all} = await runFakeDrill(new FakeSystem(), {
      onEvent: interruptAt('rollback.started', 'revoke', ['SIGTERM', 'SIGINT']),
    });

    expect(all('interruption').map(({count}) => count)).toEqual([1, 2]);
    expect(all('rollback.succeeded').map(({step}) => step)).toEqual(['revoke', 'stop-server']);
    expect(result).toMatchObject({exitCode: 143, status: 'interrupted', left: []});
  });

  it('gives up at the third and says what is left', async () => {
    const system = new FakeSystem();

    const {result, all} = await runFakeDrill(system, {
      onEvent: atPhase('rollback', ['SIGINT', 'SIGINT', 'SIGINT']),
    });

    expect(result).toMatchObject({verdict: 'fail', exitCode: 4, status: 'interrupted'});
    expect(all('rollback.failed').map(({step}) => step)).toEqual(['revoke', 'stop-server']);
    expect(result.left).toEqual([
      'Step `revoke`: do what `fake/issue` on connection `fake` does, with {}, and see that it worked.',
      [
        'Step `stop-server`: run this in a POSIX shell, and see that `fake/serve` on connection `fake`, with {}, is allowed:',
        '(',
        '  cd /base',
        '  start-server',
        ')',
        '# It says Done at its end, or stops at what failed.',
      ].join('\n'),
    ]);
    expect(system.count('execute issue') + system.count('execute start')).toBe(0);
    expect(system.calls.at(-1)).toBe('close');
  });

  it('gives up a rollback that waits', async () => {
    const system = new FakeSystem();
    system.script('execute issue', waitsForAbort());

    const {result, all} = await runFakeDrill(system, {
      onEvent: interruptAt('rollback.started', 'revoke', ['SIGINT', 'SIGINT', 'SIGINT']),
    });

    expect(all('rollback.failed').map(({step}) => step)).toEqual(['revoke', 'stop-server']);
    expect(result.exitCode).toBe(4);
  });

  it.each([
    ['restored', 'take holdings'],
    ['audit', 'read audit'],
  ])('keeps what was rolled back when given up in %s', async (phase, place) => {
    const system = new FakeSystem();
    system.script('mark rollback', () => system.script(place, hangs()));

    const {result} = await runFakeDrill(system, {onEvent: atPhase(phase, ['SIGINT', 'SIGINT', 'SIGINT'])});

    expect(result).toMatchObject({exitCode: 130, status: 'interrupted', left: []});
    expect(result.verdict).not.toBe('pass');
    expect(system.calls.at(-1)).toBe('close');
  });

  it('rolls back when its time is over', async () => {
    const system = new FakeSystem();
    system.script('execute revoke', takesThenWaitsForAbort());

    const {result, all} = await runFakeDrill(system, {maxDurationMs: 300});

    expect(all('interruption')).toMatchObject([{cause: 'max-duration', count: 1}]);
    expect(result).toMatchObject({exitCode: 143, status: 'interrupted'});
    expect(all('rollback.succeeded').map(({step}) => step)).toEqual(['revoke', 'stop-server']);
  });

  it('rolls back though a step heeds no signal', {timeout: 20_000}, async () => {
    const system = new FakeSystem();
    system.script('execute revoke', hangs());

    const {result, all} = await runFakeDrill(system, {maxDurationMs: 300});

    expect(result).toMatchObject({exitCode: 143, status: 'interrupted'});
    expect(all('rollback.succeeded').map(({step}) => step)).toEqual(['revoke', 'stop-server']);
  });

  it('says that a call which heeds no signal may still make its change', {timeout: 20_000}, async () => {
    const system = new FakeSystem();
    system.script('execute revoke', hangs());

    const {result, all} = await runFakeDrill(system, {maxDurationMs: 300});

    expect(all('step.lingers')).toMatchObject([{step: 'revoke', uses: 'fake/revoke'}]);
    expect(result.left).toEqual([
      expect.stringMatching(/^Step `revoke`: its call of `fake\/revoke` had not come back/),
    ]);
    expect(result.criteria.restored.state).toBe('unproven');
  });

  it('gives a rollback up that takes as long as the whole run may', {timeout: 30_000}, async () => {
    const system = new FakeSystem();
    system.script('execute issue', hangs());

    const {result, all} = await runFakeDrill(system, {maxDurationMs: 3000});

    expect(all('interruption')).toMatchObject([
      {cause: 'max-duration', count: 1},
      {cause: 'max-duration', count: 3},
    ]);
    expect(result).toMatchObject({exitCode: 4});
    expect(result.left).toHaveLength(2);
  });

  it('heeds what came before it began', async () => {
    const system = new FakeSystem();
    const interruption = new Interruption();
    interruption.interrupt('SIGINT');

    const {result} = await runFakeDrill(system, {interruption});

    expect(result).toMatchObject({exitCode: 130, status: 'interrupted'});
    expect(system.calls).toEqual([]);
  });
});
