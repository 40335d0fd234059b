import type {Phase} from '../journal/entries.ts';
import type {PreparedStep} from './apply-step.ts';
import {failureOf} from './context.ts';
import {enterPhase} from './enter-phase.ts';
import {readAudit} from './phases/audit.ts';
import {observeRestored} from './phases/restored.ts';
import {rollBack} from './phases/roll-back.ts';
import type {Runtime} from './runtime.ts';
import {graceMs, untilAborted} from './until-aborted.ts';

/** Phases 8 to 10: whatever goes wrong in one, the next begins. */
export async function bringBack(
  runtime: Runtime,
  started: readonly PreparedStep[],
  env: Readonly<Record<string, string | undefined>>,
  options: Parameters<typeof rollBack>[2] = {},
): Promise<void> {
  const {giveUp} = runtime.interruption;
  await guarded(runtime, 'rollback', () => rollBack(runtime, started, options));
  await guarded(runtime, 'restored', () => untilAborted(giveUp, () => observeRestored(runtime, env), graceMs));
  await guarded(runtime, 'audit', async () => {
    await runtime.probes.stop(runtime.journal);
    await untilAborted(giveUp, () => readAudit(runtime), graceMs);
  });
}

/** Enters a phase and acts; what is thrown is journalled, and is no reason not to go on. */
export async function guarded(runtime: Runtime, phase: Phase, act: () => Promise<unknown>): Promise<void> {
  try {
    await enterPhase(runtime, phase);
    await act();
  } catch (error) {
    runtime.journal({type: 'trouble', data: {where: phase, ...failureOf(error)}});
  }
}
