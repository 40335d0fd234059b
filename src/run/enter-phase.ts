import type {Phase} from '../journal/entries.ts';
import {failureOf} from './context.ts';
import type {Runtime} from './runtime.ts';

/** Marks the phase in the journal and, where a system keeps a record of its own, in that record too. */
export async function enterPhase(runtime: Runtime, phase: Phase): Promise<void> {
  runtime.phase = phase;
  runtime.journal({type: 'phase.started', data: {phase}});
  for (const [connection, session] of runtime.sessions) {
    try {
      await session.mark?.(phase, runtime.interruption.giveUp);
    } catch (error) {
      runtime.journal({type: 'trouble', data: {where: `mark ${phase} on ${connection}`, ...failureOf(error)}});
    }
  }
}
