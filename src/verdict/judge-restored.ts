import type {AccessRecord} from '../contract/plan-record.ts';
import type {Generation} from '../journal/entries.ts';
import {endOf} from '../journal/open-credentials.ts';
import type {Findings} from './findings.ts';
import {inARow, type Replay} from './replay.ts';

/** Every rollback was read back, and the baseline holds again, on generation 2. */
export function judgeRestored(replay: Replay, findings: Findings): void {
  judgeRollbacks(replay, findings);
  for (const {where, message} of replay.all('trouble')) {
    if (isLeftOpen(where)) findings.unproven(`What the run made may still be there (${where}): ${message}`);
  }
  for (const {step} of replay.all('step.lingers')) {
    findings.unproven(
      `Step \`${step}\` may have made its change after everything was brought back: its call had not ended.`,
    );
  }
  if (replay.phaseAt('restored') === undefined) {
    for (const {message} of replay.all('resume.failed').at(-1)?.problems ?? []) findings.unproven(message);
    findings.unproven('Nothing was restored, so nothing was asked again.');
    return;
  }
  for (const [name, capture] of Object.entries(replay.plan.captures))
    judgeCapture(name, capture.kind, replay, findings);
  for (const [name, access] of Object.entries(replay.plan.access))
    judgeAllowedAgain(name, generationOf(access), replay, findings);
  for (const name of Object.keys(replay.plan.dependents)) judgeAllowedAgain(name, 1, replay, findings);
}

/** What a run makes for itself is to be gone when it ends. */
function isLeftOpen(where: string): boolean {
  return (
    where === 'clean-up' ||
    where.startsWith('release of capture') ||
    where.startsWith(endOf('')) ||
    where.startsWith('end of what was left on')
  );
}

function generationOf(access: AccessRecord): Generation {
  return access.judged === 'both' ? 2 : 1;
}

function judgeRollbacks(replay: Replay, findings: Findings): void {
  for (const {step, code, message} of replay.rollbacksLeft()) {
    findings.unmet(`The rollback of step \`${step}\` failed (${code}): ${message}`);
  }
  const done = new Set(
    [...replay.all('rollback.succeeded'), ...replay.all('rollback.not-needed'), ...replay.all('rollback.failed')].map(
      ({step}) => step,
    ),
  );
  for (const step of new Set(replay.all('step.started').map((entry) => entry.step))) {
    if (!done.has(step)) findings.unmet(`The rollback of step \`${step}\` was not done.`);
  }
  for (const {step} of replay.all('rollback.succeeded')) {
    const found = replay.ofStep('rollback.inspected', step).at(-1)?.found;
    if (found !== 'applied') findings.unproven(`The rollback of step \`${step}\` was not read back.`);
  }
}

function judgeCapture(name: string, kind: 'taken' | 'minted', replay: Replay, findings: Findings): void {
  const again = replay.all('capture.taken').findLast((entry) => entry.capture === name && entry.generation === 2);
  if (again !== undefined && (kind === 'minted' || again.count > 0)) return;
  const failure = replay.all('capture.failed').findLast((entry) => entry.capture === name && entry.generation === 2);
  const why = failure === undefined ? 'there was nothing to capture in time' : `${failure.message} (${failure.code})`;
  findings.unmet(`Capture \`${name}\` did not come back: ${why}`.replace(/\.?$/, '.'));
}

function judgeAllowedAgain(name: string, generation: Generation, replay: Replay, findings: Findings): void {
  const last = replay.changes(name, generation).at(-1);
  const counts = replay.counts(name, generation, ['restored']);
  if (last?.to === 'allowed' && counts.allowed >= inARow) return;
  const seen =
    last === undefined
      ? 'it was never asked'
      : last.to === 'allowed'
        ? `only ${counts.allowed} samples were allowed, expected ${inARow}`
        : `it was \`${last.to}\` (${last.code})`;
  findings.unmet(`\`${name}\` did not come back: ${seen}.`);
}
