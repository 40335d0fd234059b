import type {Failure} from '../journal/entries.ts';
import {failureOf} from './context.ts';
import {findMoved, hostsOf} from './hosts.ts';
import {PhaseFailure} from './phase-failure.ts';
import {askWho} from './phases/guard.ts';
import type {Runtime} from './runtime.ts';

/**
 * Just before the first change: every host name still leads where it led at the guard, and every server is asked once more
 * who it is. Capturing and probing may have taken minutes, in which a name can be given to another system.
 */
export async function lookAgain(runtime: Runtime): Promise<void> {
  const {moved, unresolved} = await findMoved(runtime, hostsOf(runtime.plan));
  const refused: Failure[] = [...moved];
  const unable: Failure[] = [...unresolved];
  for (const planned of runtime.plan.connections) {
    const session = runtime.sessions.get(planned.name);
    if (session === undefined) continue;
    try {
      const asked = await askWho(runtime, planned, session);
      if (asked?.problem !== undefined) refused.push(asked.problem);
    } catch (error) {
      const {code, message} = failureOf(error);
      unable.push({code, message: `Connection \`${planned.name}\`: ${message}`});
    }
  }
  if (refused.length > 0) throw new PhaseFailure(refused, {refused: true});
  if (unable.length > 0) throw new PhaseFailure(unable);
}
