import type {JournalEvent, ProbeChange} from '../journal/entries.ts';
import {renderDuration} from '../util/duration.ts';
import {indentCommands} from './left-steps.ts';

/** What happened, in one line for people; undefined for what they need not see. */
export function describeEntry(entry: JournalEvent): string | undefined {
  switch (entry.type) {
    case 'run.started':
      return `run ${entry.data.run}`;
    case 'phase.started':
      return `phase ${entry.data.phase}`;
    case 'phase.failed':
      return entry.data.problems.map(({message}) => `${entry.data.phase}: ${message}`).join('\n');
    case 'guard.identified':
      return `guard: ${entry.data.connection} is ${entry.data.found}${entry.data.version === '' ? '' : ` (${entry.data.product} ${entry.data.version})`}`;
    case 'rights.unknown':
      return `rights on ${entry.data.connection}: of ${entry.data.needs} nobody can tell, since ${entry.data.why.join('; since ')}`;
    case 'capture.taken':
      return `capture ${entry.data.capture}, generation ${entry.data.generation}: holds ${entry.data.count}`;
    case 'capture.failed':
      return `capture ${entry.data.capture}, generation ${entry.data.generation}: ${entry.data.message}`;
    case 'probe.changed': {
      const {probe, generation, from, to, code, sentAt, receivedAt} = entry.data;
      const which = generation === 2 ? `${probe} (new)` : probe;
      if (from === to) return `${which}: ${to}, ${describeEnd(entry.data)}`;
      return `${which}: ${from === undefined ? '' : `${from} → `}${to} (${code}, ${renderDuration(receivedAt - sentAt)})`;
    }
    case 'probe.instance':
      return `${entry.data.probe}: restarted`;
    case 'control.changed':
      return `control of ${entry.data.connection}: ${entry.data.held ? 'holds' : 'lost; its denials are not believed'}`;
    case 'step.started':
      return `step ${entry.data.step}: ${entry.data.uses}${entry.data.attempt > 1 ? `, attempt ${entry.data.attempt}` : ''}`;
    case 'draining':
      return `${entry.data.what}: ends by itself in ${renderDuration(Math.max(0, entry.data.until - entry.data.at))}`;
    case 'step.succeeded':
      return `step ${entry.data.step}: done and read back`;
    case 'step.failed':
      return `step ${entry.data.step}: failed (${entry.data.code}): ${entry.data.message}`;
    case 'step.lingers':
      return `step ${entry.data.step}: its call has not come back, and may still make the change`;
    case 'rollback.started':
      return `rollback of ${entry.data.step}: ${entry.data.uses}`;
    case 'rollback.succeeded':
      return `rollback of ${entry.data.step}: done and read back`;
    case 'rollback.not-needed':
      return `rollback of ${entry.data.step}: none, ${entry.data.why}`;
    case 'rollback.failed':
      return `rollback of ${entry.data.step}: FAILED (${entry.data.code}): ${entry.data.message}\nleft to do: ${indentCommands(entry.data.left).join('\n')}`;
    case 'audit.awaited':
      return `audit of ${entry.data.system}: its record is not there yet; waiting for it, ${renderDuration(Math.max(0, entry.data.until - entry.data.at))} at most`;
    case 'audit.read':
      return `audit of ${entry.data.system}: ${entry.data.entries} entries read${entry.data.completeTo === undefined ? ', not complete' : ''}`;
    case 'audit.failed':
      return `audit of ${entry.data.system}: ${entry.data.message}`;
    case 'manual.confirmed':
      return `${entry.data.by} says that it is done, after ${renderDuration(entry.data.tookMs)}: ${entry.data.instruction}`;
    case 'intervention.declared':
      return `${entry.data.by} declares to have helped: ${entry.data.reason}`;
    case 'interruption':
      return describeInterruption(entry.data.cause, entry.data.count);
    case 'trouble':
      return `${entry.data.where}: ${entry.data.message} (${entry.data.code})`;
    default:
      return undefined;
  }
}

/** The same state with another end: what is refused and alive is not what is gone. */
function describeEnd({to, surface, until, receivedAt}: ProbeChange): string {
  const ends = until === undefined ? '' : `ends by itself in ${renderDuration(Math.max(0, until - receivedAt))}`;
  if (surface !== undefined) return ends === '' ? surface : `${surface}, ${ends}`;
  if (ends !== '') return ends;
  return to === 'denied' ? 'dead' : 'with no end told';
}

function describeInterruption(cause: string, count: number): string {
  if (count === 1)
    return `${cause}: no new steps; rolling back. Again to be warned, a third time to give the rollback up.`;
  if (count === 2) return `${cause}: the rollback goes on. Once more gives it up, and leaves staging as it is then.`;
  return `${cause}: the rollback is given up.`;
}
