import type {ObservationState} from '../contract/observation.ts';
import type {Generation, Phase, PhaseCounts} from '../journal/entries.ts';
import type {Findings} from './findings.ts';
import type {Replay} from './replay.ts';

/** The record is whole, agrees with itself, goes on to its end, and holds no secret. */
export function judgeEvidence(replay: Replay, findings: Findings): void {
  const processes = 1 + replay.all('run.resumed').length;
  const scans = replay.all('scan.finished');
  // What a process knew as a secret is forgotten with it: none can search for what another one held.
  if (!replay.wasSearched) findings.unproven('The files of the run were not searched for secrets.');
  for (const {file, label} of scans.flatMap(({hits}) => hits)) {
    findings.unmet(`The secret \`${label}\` stands in \`${file}\`.`);
  }
  if (replay.all('samples.closed').length < processes) {
    findings.unproven('The samples were not closed with their digest.');
  }
  const torn = replay.all('trouble').filter(({where}) => where === 'journal');
  for (const {message} of torn) findings.unproven(`The journal was damaged: ${message}`);
  if (!replay.hasEnded) findings.unproven('The record does not go on to its end.');
  for (const {probe, generation} of replay.all('probe.summary')) judgeAgreement(probe, generation, replay, findings);
}

const inOrder: readonly Phase[] = ['capture', 'baseline', 'shutdown', 'settle', 'rollback', 'restored', 'audit'];
const states: readonly (ObservationState & keyof PhaseCounts)[] = ['allowed', 'denied', 'unreachable', 'indeterminate'];

/** What was counted in a phase was seen: the state was there when the phase began, or a change to it is on record. */
function judgeAgreement(probe: string, generation: Generation, replay: Replay, findings: Findings): void {
  const changes = replay.changes(probe, generation);
  for (const [index, phase] of inOrder.entries()) {
    const counts = replay.counts(probe, generation, [phase]);
    const before = changes.findLast((change) => inOrder.indexOf(change.phase) < index)?.to;
    const seen = new Set([before, ...changes.flatMap((change) => (change.phase === phase ? [change.to] : []))]);
    for (const state of states) {
      if (counts[state] === 0 || seen.has(state)) continue;
      findings.unproven(
        `The record of \`${probe}\` contradicts itself: ${counts[state]} samples of ${phase} were \`${state}\`, and no change to that is on record.`,
      );
    }
  }
}
