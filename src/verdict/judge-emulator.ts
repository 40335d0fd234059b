import type {AccessRecord} from '../contract/plan-record.ts';
import type {Findings} from './findings.ts';
import type {Replay} from './replay.ts';

/** A step that an emulator took, and does not hold anybody to, shows nothing of the real system. */
export function judgeEmulator(replay: Replay, findings: Findings): void {
  const begun = new Set(replay.all('step.started').map(({step}) => step));
  for (const {id, uses, unenforced} of replay.plan.steps) {
    if (unenforced === undefined || !begun.has(id)) continue;
    findings.unproven(`Step \`${id}\` is unproven: \`${uses}\` was done on an emulator, which ${unenforced}.`);
  }
}

/** Whether the access is asked where a step was taken that nobody is held to: being alive there is no survival. */
export function isUnenforced({on}: AccessRecord, {plan}: Replay): boolean {
  return plan.steps.some((step) => step.unenforced !== undefined && step.on === on);
}
