import type {DependentRecord} from '../contract/plan-record.ts';
import type {Phase} from '../journal/entries.ts';
import {renderDuration} from '../util/duration.ts';
import type {Findings} from './findings.ts';
import {outagesOf} from './outages.ts';
import {lateMs, type Replay, taken, tooFew} from './replay.ts';
import {unallowedRestarts} from './restarts.ts';
import type {DependentResult} from './result.ts';

const removing: readonly Phase[] = ['shutdown', 'settle'];
const restoring: readonly Phase[] = ['rollback', 'restored'];
const watched: readonly Phase[] = [...removing, ...restoring];

/** How one dependent fared from the first step to the end of restored. */
export function judgeDependent(
  name: string,
  dependent: DependentRecord,
  replay: Replay,
  findings: Findings,
): DependentResult {
  const counts = replay.counts(name, 1, watched);
  const {due: _due, longestGapMs, ...samples} = counts;
  const availability = taken(counts) === 0 ? null : counts.allowed / taken(counts);
  const longestOutageMs = Math.round(longestOutage(name, replay));
  const restarts = replay.all('probe.instance').filter(({probe}) => probe === name).length;
  if (replay.phaseAt('shutdown') === undefined) return {availability, longestOutageMs, restarts, samples};
  if (replay.first('run.resumed') !== undefined)
    findings.unproven(`\`${name}\` is unproven: nobody asked between the end of one process and the next.`);

  const seldom = [removing, restoring].some((phases) => tooFew(replay.counts(name, 1, phases)));
  if (availability === null || seldom) {
    findings.unproven(
      `\`${name}\` is unproven: too few samples before or after rollback began, ${taken(counts)} taken, ${counts.skipped} skipped.`,
    );
  } else if (longestGapMs > dependent.everyMs + dependent.timeoutMs + lateMs) {
    findings.unproven(
      `\`${name}\` is unproven: nobody asked for ${renderDuration(longestGapMs)}; expected a sample every ${renderDuration(dependent.everyMs)}.`,
    );
  } else if (counts.skipped * 4 > taken(counts)) {
    findings.unproven(
      `\`${name}\` is unproven: it answered so slowly that ${counts.skipped} samples were skipped beside ${taken(counts)} taken.`,
    );
  } else if (availability < dependent.availability) {
    findings.unmet(
      `\`${name}\` was harmed: ${percent(availability)} of ${taken(counts)} samples were healthy, expected ${percent(dependent.availability)}; ${firstOutage(name, replay)}, the longest outage took ${renderDuration(longestOutageMs)}.`,
    );
  }
  judgeRestarts(name, dependent, replay, findings);
  return {availability, longestOutageMs, restarts, samples};
}

function firstOutage(name: string, replay: Replay): string {
  const first = replay.changes(name, 1).find(({phase, to}) => watched.includes(phase) && to !== 'allowed');
  if (first === undefined) return 'no change was seen';
  const during = replay.stepAt(first.sentAt);
  return `it was \`${first.to}\` (${first.code}) at ${new Date(first.sentAt).toISOString()}${during === undefined ? '' : `, after ${during} began`}`;
}

function longestOutage(name: string, replay: Replay): number {
  const end = Date.parse(replay.finishedAt);
  return Math.max(0, ...outagesOf(name, replay).map(({from, to}) => (to ?? end) - from));
}

function judgeRestarts(name: string, dependent: DependentRecord, replay: Replay, findings: Findings): void {
  const summary = replay.all('probe.summary').find(({probe}) => probe === name);
  if (dependent.instance !== undefined && summary?.instanceSeen !== true) {
    findings.unproven(
      `\`${name}\` is unproven: no answer told which process gave it (\`${dependent.instance}\`), so a restart would not show.`,
    );
  }
  for (const {at} of unallowedRestarts(name, replay))
    findings.unmet(`\`${name}\` was restarted at ${new Date(at).toISOString()}, which no step allows.`);
}

function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2).replace(/\.?0+$/, '')}%`;
}
