import type {PreparedStep} from './apply-step.ts';
import {guarded} from './guarded.ts';
import {endRun, type Notes, readRecords} from './phases/audit.ts';
import {observeRestored} from './phases/restored.ts';
import {rollBack} from './phases/roll-back.ts';
import type {Runtime} from './runtime.ts';
import {graceMs, untilAborted} from './until-aborted.ts';

/**
 * Phases 8 and 9: whatever goes wrong in one, the next begins. What takes as long as a whole run may is given up, so that
 * nothing hangs while nobody looks.
 */
export async function bringBack(
  runtime: Runtime,
  started: readonly PreparedStep[],
  env: Readonly<Record<string, string | undefined>>,
  options: Parameters<typeof rollBack>[2] = {},
): Promise<void> {
  const {interruption, maxDurationMs} = runtime;
  const {giveUp} = interruption;
  const watchdog = setTimeout(() => interruption.abandon('max-duration'), maxDurationMs);
  try {
    await guarded(runtime, 'rollback', () => rollBack(runtime, started, options));
    await guarded(runtime, 'restored', () => untilAborted(giveUp, () => observeRestored(runtime, env), graceMs));
  } finally {
    clearTimeout(watchdog);
  }
}

/**
 * Phase 10. Nothing is left to bring back by then: what takes as long as a whole run may is given up, but for the records
 * themselves, each of which may take the time that it needs to come in.
 */
export async function closeAudit(runtime: Runtime): Promise<void> {
  const {interruption, maxDurationMs} = runtime;
  let notes: Notes | undefined;
  const watchdog = setTimeout(() => interruption.abandon('max-duration'), maxDurationMs);
  try {
    await guarded(runtime, 'audit', async () => {
      await runtime.probes.stop(runtime.journal);
      notes = await untilAborted(interruption.giveUp, () => endRun(runtime), graceMs);
    });
  } finally {
    clearTimeout(watchdog);
  }
  if (notes !== undefined) await readRecords(runtime, notes);
}
