import {renderDuration} from '../util/duration.ts';
import type {Findings} from './findings.ts';
import type {Replay} from './replay.ts';

/** When whoever holds a token renews it, or logs in again: agents and clients do at about two thirds of its life. */
const renewedAt = 2 / 3;

/**
 * Whoever can still log in comes back when the token is renewed: a settle that ends before that has not seen it. Where an
 * access logs in, it says itself whether that is refused.
 */
export function judgeRenewal(replay: Replay, findings: Findings): void {
  const {plan} = replay;
  const asksForLogin = Object.values(plan.access).some(({budgeted}) => budgeted);
  if (asksForLogin || replay.phaseAt('settle') === undefined) return;
  for (const {capture, generation, facts} of replay.all('capture.taken')) {
    const seconds = ttlOf(facts);
    if (generation !== 1 || seconds === undefined) continue;
    const renewalMs = seconds * 1000 * renewedAt;
    if (plan.settleMs >= renewalMs) continue;
    findings.unproven(
      `What \`${capture}\` stands for is renewed after about ${renderDuration(Math.round(renewalMs))}, and no access asks whether a login is refused: a settle of ${renderDuration(plan.settleMs)} does not see who comes back.`,
    );
  }
}

function ttlOf(facts: unknown): number | undefined {
  const {ttlSeconds} = Object(facts);
  return typeof ttlSeconds === 'number' && ttlSeconds > 0 ? ttlSeconds : undefined;
}
