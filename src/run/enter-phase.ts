import type {Failure, Phase} from '../journal/entries.ts';
import {failureOf} from './context.ts';
import type {Runtime} from './runtime.ts';
import {graceMs, untilAborted} from './until-aborted.ts';

/**
 * Marks the phase where a system keeps a record of its own, and then in the journal: whoever acts upon the journal's word
 * acts within that phase in every record.
 */
export async function enterPhase(runtime: Runtime, phase: Phase): Promise<void> {
  runtime.phase = phase;
  const troubles = await markPhase(runtime, phase);
  runtime.journal({type: 'phase.started', data: {phase}});
  for (const trouble of troubles) runtime.journal({type: 'trouble', data: trouble});
}

type Trouble = Failure & {readonly where: string};

async function markPhase(runtime: Runtime, phase: Phase): Promise<readonly Trouble[]> {
  const {giveUp} = runtime.interruption;
  const troubles: Trouble[] = [];
  for (const [connection, session] of runtime.sessions) {
    if (session.begin !== undefined && !runtime.begun.has(connection)) continue;
    try {
      await untilAborted(giveUp, async () => session.mark?.(phase, giveUp), graceMs);
    } catch (error) {
      troubles.push({where: `mark ${phase} on ${connection}`, ...failureOf(error)});
    }
  }
  return troubles;
}
