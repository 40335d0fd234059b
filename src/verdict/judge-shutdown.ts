import type {Findings} from './findings.ts';
import type {Replay} from './replay.ts';

const moments = [
  ['read-back', 'right after it'],
  ['after-shutdown', 'after the last step'],
  ['after-settle', 'at the end of settle'],
] as const;

/** Every step succeeded and was read back, then and at the end of settle. */
export function judgeShutdown(replay: Replay, findings: Findings): void {
  for (const {step, code, message} of replay.all('step.failed')) {
    if (code === 'interrupted') findings.unproven(`Step \`${step}\` was cut short by the interruption.`);
    else findings.unmet(`Step \`${step}\` failed (${code}): ${message}`);
  }
  const cause = replay.interruptedBy();
  if (cause !== undefined) findings.unproven(`The run was interrupted (${cause}).`);
  if (replay.first('run.started')?.restores === true) {
    findings.unproven('No step was run: this only brought things back.');
    return;
  }
  const settled = replay.phaseAt('settle') !== undefined;
  if (replay.phaseAt('shutdown') !== undefined && !settled) {
    findings.unproven('The run did not settle after the last step.');
  }

  for (const {id} of replay.plan.steps) {
    if (replay.ofStep('step.failed', id).length > 0) continue;
    if (replay.ofStep('step.started', id).length === 0) {
      findings.unproven(`Step \`${id}\` was not started.`);
      continue;
    }
    if (replay.ofStep('step.succeeded', id).length === 0) {
      findings.unproven(`Step \`${id}\` was started, and its end is not known.`);
    }
    for (const [when, words] of settled ? moments : moments.slice(0, 1)) {
      const found = replay.ofStep('step.inspected', id).findLast((entry) => entry.when === when)?.found;
      if (found === undefined) findings.unproven(`Step \`${id}\` was not read back ${words}.`);
      else if (found === 'unknown') findings.unproven(`Step \`${id}\` could not be read back ${words}.`);
      else if (found !== 'applied') findings.unmet(`Step \`${id}\` was found \`${found}\` ${words}.`);
    }
  }
}
