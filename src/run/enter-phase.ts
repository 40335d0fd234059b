import type {Phase} from '../journal/entries.ts';
import {failureOf} from './context.ts';
import type {Runtime} from './runtime.ts';
import {graceMs, untilAborted} from './until-aborted.ts';

/** Marks the phase in the journal and, where a system keeps a record of its own, in that record too. */
export async function enterPhase(runtime: Runtime, phase: Phase): Promise<void> {
  runtime.phase = phase;
  runtime.journal({type: 'phase.started', data: {phase}});
  for (const [connection, session] of runtime.sessions) {
    if (session.begin !== undefined && !runtime.begun.has(connection)) continue;
    try {
      const {giveUp} = runtime.interruption;
      await untilAborted(giveUp, async () => session.mark?.(phase, giveUp), graceMs);
    } catch (error) {
      runtime.journal({type: 'trouble', data: {where: `mark ${phase} on ${connection}`, ...failureOf(error)}});
    }
  }
}
