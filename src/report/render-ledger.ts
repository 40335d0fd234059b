import {renderDuration} from '../util/duration.ts';
import type {LedgerEvent, RunResult} from '../verdict/result.ts';
import {type Look, renderTable, wrap} from './layout.ts';

type ManualRecovery = RunResult['manualRecovery'];

/** Who helped, when, on which system, how that is known, and where nobody would have seen it. */
export function renderLedger(ledger: ManualRecovery, {paint, width}: Look): readonly string[] {
  const {state, blind, audited, events, declared, manualSteps, witnessed, refused, recoveredAfterMs} = ledger;
  const alone =
    recoveredAfterMs === null || state !== 'none'
      ? ''
      : `; back ${renderDuration(recoveredAfterMs)} after rollback began, without help`;
  return [
    `${paint('bold', 'MANUAL RECOVERY')}  ${state}${alone}`,
    ...audited.flatMap(({system, entries, completeTo}) =>
      wrap(
        `${system}: ${entries} entries${completeTo === undefined ? ', not complete' : `, complete to ${shortTime(completeTo)}`}`,
        width,
        '  audited    ',
      ),
    ),
    ...events.flatMap((event) => wrap(describeEvent(event), width, '  found      ')),
    ...declared.flatMap(({by, reason, at}) => wrap(`${at}  ${by}: ${reason}`, width, '  declared   ')),
    ...manualSteps.flatMap(({step, instruction, by, at, tookMs}) =>
      wrap(`${at}  ${step}, by ${by} in ${renderDuration(tookMs)}: ${instruction}`, width, '  by hand    '),
    ),
    ...witnessed.flatMap((event) => wrap(describeEvent(event), width, '  witnessed  ')),
    ...refused.flatMap((event) => wrap(describeEvent(event), width, '  refused    ')),
    ...blind.flatMap(({system, why}) => wrap(`${system}: ${why}`, width, '  blind      ')),
  ];
}

/** What others did beside what dependents went through. */
export function renderTimeline(
  {events, declared, manualSteps, timeline}: ManualRecovery,
  {paint, width}: Look,
): readonly string[] {
  if (events.length + declared.length + manualSteps.length === 0) return [];
  const rows = timeline.map(({at, kind, subject, what}) => [at, kind, subject, what]);
  const [title = '', ...lines] = renderTable(['TIME LINE', '', '', ''], rows, width);
  return [paint('bold', title), ...lines];
}

function describeEvent({followedBy, knownBy, ...event}: LedgerEvent): string {
  const name = event.displayName === undefined ? '' : ` (${event.displayName})`;
  const from = event.remoteAddress === undefined ? '' : ` from ${event.remoteAddress}`;
  const who = event.accessor === undefined ? '' : ` by ${event.accessor}${name}${from}`;
  const what = [event.operation, event.path].filter((text) => text !== '').join(' ');
  const known = knownBy === undefined ? '' : `; known by ${knownBy}`;
  const after = followedBy.map(({dependent, afterMs}) => `; ${dependent} came back ${renderDuration(afterMs)} later`);
  return `${shortTime(event.time)}  ${event.system}: ${what} (${event.effect}, during ${event.phase})${who}${known}${after.join('')}`;
}

/** To the millisecond: some records tell nanoseconds. */
function shortTime(time: string): string {
  return time.replace(/(\.\d{3})\d+/, '$1');
}
