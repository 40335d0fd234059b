import {describe, expect, it} from 'vitest';
import type {JournalEvent} from '../../src/journal/entries.ts';
import {JournalError} from '../../src/journal/journal-error.ts';
import {answers, FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {runFakeDrill} from './run-fake-drill.ts';

const full = new JournalError('journal-write', 'Expected to write to the journal, got ENOSPC. Check the disk.');

/** From the first event that fits on, nothing more can be written, or only `times` events can't. */
function fullFrom(fits: (event: JournalEvent) => boolean, times = Number.POSITIVE_INFINITY) {
  let left: number | undefined;
  return (event: JournalEvent): void => {
    if (left === undefined && fits(event)) left = times;
    if (left === undefined || left <= 0) return;
    left -= 1;
    throw full;
  };
}

const isStart = (step: string) => (event: JournalEvent) => event.type === 'step.started' && event.data.step === step;
const isPhase = (phase: string) => (event: JournalEvent) =>
  event.type === 'phase.started' && event.data.phase === phase;

describe('run/run-drill without a journal', () => {
  it('begins no step whose intent can not be kept', async () => {
    const system = new FakeSystem();

    const {thrown} = await runFakeDrill(system, {onEvent: fullFrom(isStart('revoke'))});

    expect(thrown).toBeUndefined();
    expect(system.calls.filter((call) => call.startsWith('execute'))).toEqual(['execute stop', 'execute start']);
    expect(system.calls.at(-1)).toBe('close');
  });

  it('restores what was begun, recorded or not', async () => {
    const system = new FakeSystem();

    const {result} = await runFakeDrill(system, {onEvent: fullFrom(isPhase('settle'))});

    expect([system.serving, system.alive]).toEqual([true, ['generation-2-secret']]);
    expect(result.verdict).not.toBe('pass');
    expect(result.exitCode).toBe(4);
  });

  it.each(['baseline', 'shutdown', 'settle', 'rollback', 'restored', 'audit'])(
    'never passes with an entry of %s lost',
    async (phase) => {
      const system = new FakeSystem();

      const {result, all} = await runFakeDrill(system, {onEvent: fullFrom(isPhase(phase), 2)});

      expect(all('trouble')).toContainEqual({where: 'journal', code: 'error', message: full.message});
      expect(result.criteria.evidence.state).toBe('unproven');
      expect(result.verdict).not.toBe('pass');
      expect([system.serving, system.alive.length]).toEqual([true, 1]);
    },
  );

  it('changes nothing for a value that it can not hold', async () => {
    const system = new FakeSystem();
    system.script('prepare revoke', answers({version: 1n}));

    const {result, thrown} = await runFakeDrill(system);

    expect(thrown).toBeUndefined();
    expect(result.verdict).toBe('inconclusive');
    expect(result.exitCode).not.toBe(0);
    expect(system.count('execute')).toBe(0);
  });
});
