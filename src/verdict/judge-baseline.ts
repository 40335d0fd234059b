import type {Findings} from './findings.ts';
import {inARow, type Replay} from './replay.ts';

/** Before anything was changed, every server was who it must be, everything worked, and the integration held something. */
export function judgeBaseline(replay: Replay, findings: Findings): void {
  for (const {phase, problems} of replay.all('phase.failed')) {
    for (const {message} of problems) findings.unproven(`${phase}: ${message}`);
  }
  if (replay.first('baseline.held') === undefined && replay.first('phase.failed') === undefined) {
    findings.unproven('The run ended before the baseline held.');
  }
  if (replay.phaseAt('shutdown') !== undefined) judgeSeenBefore(replay, findings);
}

/** That the baseline held is said by the run; that it did is seen in what was sampled and captured. */
function judgeSeenBefore(replay: Replay, findings: Findings): void {
  const {plan} = replay;
  const identified = new Set(
    replay
      .all('guard.identified')
      .flatMap(({connection, expected, found}) => (expected.split(' or ').includes(found) ? [connection] : [])),
  );
  for (const [name, {driver}] of Object.entries(plan.connections)) {
    const mustSay = plan.guard.some(({kind, cluster}) => kind === driver && cluster !== undefined);
    if (mustSay && !identified.has(name)) findings.unproven(`Connection \`${name}\` did not say who it is.`);
  }
  const seldom = [...Object.keys(plan.access), ...Object.keys(plan.dependents)]
    .map((name) => ({name, allowed: replay.counts(name, 1, ['capture', 'baseline']).allowed}))
    .filter(({allowed}) => allowed < inARow);
  if (replay.lostCounts && seldom.length > 0) {
    findings.unproven('How often each probe was asked before shutdown died with the process.');
  } else {
    for (const {name, allowed} of seldom)
      findings.unproven(`\`${name}\` was allowed only ${allowed} times before shutdown, expected ${inARow}.`);
  }
  for (const [name, {kind}] of Object.entries(plan.captures)) {
    const taken = replay.all('capture.taken').find(({capture, generation}) => capture === name && generation === 1);
    if (taken === undefined) findings.unproven(`Capture \`${name}\` was not taken before shutdown.`);
    else if (kind === 'taken' && taken.count === 0) findings.unproven(`Capture \`${name}\` was empty before shutdown.`);
  }
}
