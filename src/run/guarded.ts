import type {Phase} from '../journal/entries.ts';
import {failureOf} from './context.ts';
import {enterPhase} from './enter-phase.ts';
import type {Runtime} from './runtime.ts';

/** Enters a phase and acts; what is thrown is journalled, and is no reason not to go on. */
export async function guarded(runtime: Runtime, phase: Phase, act: () => Promise<unknown>): Promise<void> {
  try {
    await enterPhase(runtime, phase);
    await act();
  } catch (error) {
    runtime.journal({type: 'trouble', data: {where: phase, ...failureOf(error)}});
  }
}
