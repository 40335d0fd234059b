import type {Phase} from '../journal/entries.ts';
import type {Replay} from './replay.ts';

/** In milliseconds since the epoch; without an end, it had not come back when nobody asked any more. */
export type Outage = {readonly dependent: string; readonly from: number; readonly to: number | undefined};

const watched: readonly Phase[] = ['shutdown', 'settle', 'rollback', 'restored'];

/** When a dependent did not work: from the first bad sample's sending to the next good one's answer. */
export function outagesOf(dependent: string, replay: Replay): readonly Outage[] {
  const outages: Outage[] = [];
  let from: number | undefined;
  for (const {phase, to, sentAt, receivedAt} of replay.changes(dependent, 1)) {
    if (!watched.includes(phase)) continue;
    if (to !== 'allowed') from ??= sentAt;
    else if (from !== undefined) {
      outages.push({dependent, from, to: receivedAt});
      from = undefined;
    }
  }
  return from === undefined ? outages : [...outages, {dependent, from, to: undefined}];
}
